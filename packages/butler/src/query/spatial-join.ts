import { AlmagestError } from "@almagest/base";
import type { Database } from "@almagest/database";
import { identifier, joinSql, type Sql, sql } from "@almagest/database";
import { type Region, regionFromBase64, regionsOverlap } from "@almagest/sphere";
import type { DimensionElement } from "../dimensions/dimension-element.ts";
import type { DimensionGroup } from "../dimensions/dimension-group.ts";
import { htmEnvelope } from "../dimensions/region-geometry.ts";
import type { Universe } from "../dimensions/universe.ts";
import { keyColumns } from "../schema/element-tables.ts";
import type { JoinPlan } from "./join-plan.ts";

const FUNCTION = "almagest_regions_overlap";
const MAX_CACHED = 50_000;

/** Makes the exact overlap test callable in SQL. */
export function defineOverlapFunction(db: Database): boolean {
  const regions = new Map<string, Region>();
  const decode = (text: string): Region => {
    let region = regions.get(text);
    if (region === undefined) {
      if (regions.size >= MAX_CACHED) regions.clear();
      region = regionFromBase64(text);
      regions.set(text, region);
    }
    return region;
  };
  return db.defineFunction(FUNCTION, (a, b) => {
    if (typeof a !== "string" || typeof b !== "string") return null;
    // Where only bounds are known the regions may overlap, and count as overlapping.
    return regionsOverlap(decode(a), decode(b)) === false ? 0 : 1;
  });
}

/** The exact test of two regions (base64) in SQL. */
export function overlapTest(a: Sql, b: Sql): Sql {
  return sql`${identifier(FUNCTION)}(${a}, ${b}) = 1`;
}

/** The finest element of each spatial family in a group, and its pixel dimensions. */
export function spatialParticipants(universe: Universe, group: DimensionGroup): DimensionElement[] {
  const finest = [...universe.families.spatial.values()].flatMap((family) => {
    const name = family.find((candidate) => group.elements.includes(candidate));
    return name === undefined ? [] : [universe.element(name)];
  });
  return [...finest, ...group.skypix.map((name) => universe.element(name))];
}

function commonRows(universe: Universe, alias: string): Sql {
  const { system, level } = universe.element(universe.commonSkypix).skypix!;
  return sql`${identifier(alias, "skypix_system")} = ${system} AND ${identifier(alias, "skypix_level")} = ${level}`;
}

/** Adds an element's stored overlaps with pixels under an alias. */
function addOverlaps(
  universe: Universe,
  plan: JoinPlan,
  element: DimensionElement,
  alias: string,
  pixel?: string,
): void {
  const columns = element.required.map((name): [string, Sql] => [name, identifier(alias, name)]);
  if (pixel !== undefined) columns.push([pixel, identifier(alias, "skypix_index")]);
  const source = sql`${identifier(`${element.name}_skypix_overlap`)} ${identifier(alias)}`;
  plan.add(source, columns, commonRows(universe, alias));
}

/** Joins an element with a pixel dimension: a row for each pixel of its envelope. Throws `BUTLER.QUERY_UNSUPPORTED` for
 * pixels other than those whose overlaps are stored. */
export function joinPixels(
  universe: Universe,
  plan: JoinPlan,
  element: DimensionElement,
  pixel: DimensionElement,
): void {
  if (pixel.name !== universe.commonSkypix) {
    throw new AlmagestError(
      "BUTLER.QUERY_UNSUPPORTED",
      `Overlaps are stored with ${universe.commonSkypix} only, so ${element.name} cannot be joined with ${pixel.name}.`,
      { fields: { element: element.name, pixel: pixel.name } },
    );
  }
  addOverlaps(universe, plan, element, `${element.name}_pixels`, pixel.name);
}

/** Joins two elements through the pixels they share; the exact test is still to be applied. */
export function joinThroughPixels(
  universe: Universe,
  plan: JoinPlan,
  a: DimensionElement,
  b: DimensionElement,
): void {
  const [one, other] = [`${a.name}_of_${b.name}`, `${b.name}_of_${a.name}`];
  addOverlaps(universe, plan, a, one);
  addOverlaps(universe, plan, b, other);
  plan.tie(sql`${identifier(other, "skypix_index")} = ${identifier(one, "skypix_index")}`);
}

/** Condition that rows of two elements have a pixel in common, as every overlapping pair has. */
export function sharePixel(universe: Universe, a: DimensionElement, b: DimensionElement): Sql {
  const table = (element: DimensionElement): Sql => identifier(`${element.name}_skypix_overlap`);
  const keys = (element: DimensionElement, alias: string): Sql[] =>
    element.required.map(
      (name, index) =>
        sql`${identifier(alias, name)} = ${identifier(element.name, keyColumns(element)[index]!)}`,
    );
  const conditions = [
    ...keys(a, "oa"),
    ...keys(b, "ob"),
    commonRows(universe, "oa"),
    commonRows(universe, "ob"),
  ];
  return sql`EXISTS (SELECT 1 FROM ${table(a)} oa, ${table(b)} ob WHERE ${joinSql(conditions, " AND ")} AND oa.skypix_index = ob.skypix_index)`;
}

/** Condition that an element's row may overlap a constant region, by its stored pixels: cheap, and never wrongly false. */
export function pixelFilter(
  universe: Universe,
  plan: JoinPlan,
  element: DimensionElement,
  region: string,
): Sql {
  const { level } = universe.element(universe.commonSkypix).skypix!;
  const ranges = htmEnvelope(Uint8Array.fromBase64(region), level);
  if (ranges.length === 0 || ranges.length > 500) return sql`1 = 1`;
  const pixels = ranges.map(([begin, end]) => sql`o.skypix_index BETWEEN ${begin} AND ${end - 1}`);
  const keys = element.required.map((name) => sql`${identifier("o", name)} = ${plan.dimension(name)}`);
  return sql`EXISTS (SELECT 1 FROM ${identifier(`${element.name}_skypix_overlap`)} o WHERE ${commonRows(universe, "o")} AND ${joinSql(keys, " AND ")} AND (${joinSql(pixels, " OR ")}))`;
}
