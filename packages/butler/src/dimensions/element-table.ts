import { AlmagestError } from "@almagest/base";
import { createColumn, type DimensionColumn, type DimensionElement } from "./dimension-element.ts";
import type { ElementConfig, UniverseConfig } from "./universe-config.ts";

const DEFAULT_MAX_LEVEL: Readonly<Record<string, number>> = { htm: 24, healpix: 17 };

function skypixElements(config: UniverseConfig): DimensionElement[] {
  return Object.entries(config.skypix).flatMap(([system, settings]) => {
    if (typeof settings === "string") return [];
    const maxLevel = settings.max_level ?? DEFAULT_MAX_LEVEL[system] ?? 0;
    return Array.from({ length: maxLevel }, (_, index): DimensionElement => {
      const name = `${system}${index + 1}`;
      return {
        name,
        required: [name],
        implied: [],
        isDimension: true,
        isGovernor: false,
        skypix: { system, level: index + 1 },
        keyType: "int",
        keyColumn: "id",
        columns: [],
        hasTable: false,
        alwaysJoin: false,
        populatedBy: name,
      };
    });
  });
}

/** Names in dependency rounds, alphabetical within each round. */
function orderNames(config: UniverseConfig, skypix: readonly DimensionElement[]): string[] {
  const compare = (a: string, b: string): number => {
    const [, systemA = a, levelA] = /^(htm|healpix)(\d+)$/.exec(a) ?? [];
    const [, systemB = b, levelB] = /^(htm|healpix)(\d+)$/.exec(b) ?? [];
    if (levelA !== undefined && levelB !== undefined && systemA === systemB)
      return Number(levelA) - Number(levelB);
    return a < b ? -1 : a > b ? 1 : 0;
  };
  const waiting = new Map<string, readonly string[]>(
    Object.entries(config.elements).map(([name, element]) => [
      name,
      [...(element.requires ?? []), ...(element.implies ?? [])],
    ]),
  );
  for (const element of skypix) waiting.set(element.name, []);
  const ordered: string[] = [];
  const done = new Set<string>();
  while (waiting.size > 0) {
    const round = [...waiting]
      .filter(([, needs]) => needs.every((need) => done.has(need)))
      .map(([name]) => name);
    if (round.length === 0) {
      throw new AlmagestError(
        "BUTLER.UNIVERSE_INVALID",
        `The dimension configuration is circular or names unknown dimensions: ${[...waiting.keys()].join(", ")}.`,
      );
    }
    for (const name of round.sort(compare)) {
      ordered.push(name);
      done.add(name);
      waiting.delete(name);
    }
  }
  return ordered;
}

function familyOf(families: UniverseConfig["topology"]["spatial"], name: string): string | undefined {
  return Object.entries(families ?? {}).find(([, members]) => members.includes(name))?.[0];
}

function unionTarget(config: ElementConfig): string | undefined {
  return config.implied_union_target ?? config.storage?.view_of ?? config.storage?.nested?.view_of;
}

/** All elements of a universe, in universe order. Throws `BUTLER.UNIVERSE_INVALID`. */
export function createElements(config: UniverseConfig): ReadonlyMap<string, DimensionElement> {
  const skypix = skypixElements(config);
  const elements = new Map<string, DimensionElement>();
  const bySkypix = new Map(skypix.map((element) => [element.name, element]));
  const order = orderNames(config, skypix);
  const rank = new Map(order.map((name, index) => [name, index]));
  for (const name of order) {
    const pixel = bySkypix.get(name);
    elements.set(name, pixel ?? createElement(name, config, elements, rank));
  }
  return elements;
}

function createElement(
  name: string,
  universe: UniverseConfig,
  known: ReadonlyMap<string, DimensionElement>,
  rank: ReadonlyMap<string, number>,
): DimensionElement {
  const config = universe.elements[name]!;
  const [key, ...alternates] = config.keys ?? [];
  const isDimension = key !== undefined;
  const byRank = (a: string, b: string): number => rank.get(a)! - rank.get(b)!;
  const requiredSet = new Set((config.requires ?? []).flatMap((need) => known.get(need)!.required));
  if (isDimension) requiredSet.add(name);
  const required = [...requiredSet].sort(byRank);
  const implied = [...(config.implies ?? [])].sort(byRank);
  const spatialFamily = familyOf(universe.topology.spatial, name);
  const temporalFamily = familyOf(universe.topology.temporal, name);
  const target = unionTarget(config);
  const foreign = (dimension: string, role: "required" | "implied"): DimensionColumn => {
    const owner = known.get(dimension)!;
    const ownerKey = owner.columns.find((column) => column.role === "key");
    const length = ownerKey?.length ?? universe.elements[dimension]?.keys?.[0]?.length;
    return {
      name: dimension,
      type: owner.keyType!,
      ...(length === undefined ? {} : { length }),
      nullable: false,
      role,
      dimension,
    };
  };
  const columns: DimensionColumn[] = [];
  for (const dimension of required) {
    if (dimension !== name) columns.push(foreign(dimension, "required"));
    else columns.push({ ...createColumn(key!, "key", false), dimension: name });
  }
  for (const dimension of implied) columns.push(foreign(dimension, "implied"));
  for (const alternate of alternates) columns.push(createColumn(alternate, "alternate", true));
  for (const item of config.metadata ?? []) columns.push(createColumn(item, "metadata", true));
  if (spatialFamily !== undefined)
    columns.push({ name: "region", type: "region", nullable: true, role: "region" });
  if (temporalFamily !== undefined)
    columns.push({ name: "timespan", type: "timespan", nullable: true, role: "timespan" });
  return {
    name,
    required,
    implied,
    isDimension,
    isGovernor: config.governor ?? config.storage?.cls?.includes("overnor") ?? false,
    ...(key === undefined ? {} : { keyType: key.type as "string" | "int", keyColumn: key.name }),
    columns,
    hasTable: target === undefined,
    ...(spatialFamily === undefined ? {} : { spatialFamily }),
    ...(temporalFamily === undefined ? {} : { temporalFamily }),
    alwaysJoin: config.always_join ?? false,
    populatedBy: config.populated_by ?? name,
    ...(target === undefined ? {} : { impliedUnionTarget: target }),
  };
}
