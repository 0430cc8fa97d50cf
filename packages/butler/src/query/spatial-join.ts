import type { Database } from "@almagest/database";
import { identifier, joinSql, type Sql, sql } from "@almagest/database";
import { type Region, regionFromBase64, regionsOverlap } from "@almagest/sphere";
import type { DimensionElement } from "../dimensions/dimension-element.ts";
import type { DimensionGroup } from "../dimensions/dimension-group.ts";
import { htmEnvelope } from "../dimensions/region-geometry.ts";
import type { Universe } from "../dimensions/universe.ts";
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

function overlapAlias(element: DimensionElement): string {
  return `${element.name}_overlap`;
}

/** Condition that an overlap row (under an alias) belongs to an element's own row or required values. */
function overlapColumns(element: DimensionElement, alias: string): [string, Sql][] {
  return element.required.map((name): [string, Sql] => [name, identifier(alias, name)]);
}

function commonRows(universe: Universe, alias: string): Sql {
  const { system, level } = universe.element(universe.commonSkypix).skypix!;
  return sql`${identifier(alias, "skypix_system")} = ${system} AND ${identifier(alias, "skypix_level")} = ${level}`;
}

/** Joins an element's stored overlaps with pixels once; gives the SQL of the pixel. */
function joinOverlaps(
  universe: Universe,
  plan: JoinPlan,
  element: DimensionElement,
  pixel: Sql | undefined,
): Sql {
  const alias = overlapAlias(element);
  const own = identifier(alias, "skypix_index");
  const extra = pixel === undefined ? sql`` : sql` AND ${own} = ${pixel}`;
  plan.add(
    sql`${identifier(`${element.name}_skypix_overlap`)} ${identifier(alias)}`,
    overlapColumns(element, alias),
    sql`${commonRows(universe, alias)}${extra}`,
  );
  return own;
}

/** Joins elements with the common pixel dimension: a row for each pixel of the element's envelope. */
export function joinPixels(
  universe: Universe,
  plan: JoinPlan,
  element: DimensionElement,
  pixel: string,
): void {
  const alias = overlapAlias(element);
  plan.add(
    sql`${identifier(`${element.name}_skypix_overlap`)} ${identifier(alias)}`,
    [...overlapColumns(element, alias), [pixel, identifier(alias, "skypix_index")]],
    commonRows(universe, alias),
  );
}

/** Joins two elements through the pixels they share; the exact test is still to be applied. */
export function joinThroughPixels(
  universe: Universe,
  plan: JoinPlan,
  a: DimensionElement,
  b: DimensionElement,
): void {
  joinOverlaps(universe, plan, b, joinOverlaps(universe, plan, a, undefined));
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
