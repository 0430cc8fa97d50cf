import type { SqlValue } from "@almagest/database";
import { identifier, joinSql, sql } from "@almagest/database";
import type { Repository } from "../repository/repository.ts";
import { governorOf, keyColumns } from "../schema/element-tables.ts";
import type { DimensionElement } from "./dimension-element.ts";
import { htmEnvelope } from "./region-geometry.ts";
import type { Universe } from "./universe.ts";

function commonPixelization(universe: Universe): { system: string; level: number } {
  return universe.element(universe.commonSkypix).skypix!;
}

/** Spatial elements of a governor dimension that store overlaps. */
function spatialElements(universe: Universe, governor: string): DimensionElement[] {
  return [...universe.elements.values()].filter(
    (element) => element.spatialFamily !== undefined && governorOf(universe, element) === governor,
  );
}

/** Declares, for new instruments or sky maps, that overlaps with the common pixelization are stored. */
export async function insertOverlapSummaries(
  repository: Repository,
  governor: DimensionElement,
  names: readonly string[],
): Promise<void> {
  const { system, level } = commonPixelization(repository.universe);
  for (const element of spatialElements(repository.universe, governor.name)) {
    await repository.db.insertMany(
      `${element.name}_skypix_overlap_summary`,
      ["skypix_system", "skypix_level", governor.name],
      names.map((name) => [system, level, name]),
      { onConflict: "ignore" },
    );
  }
}

/** Stores one row per pixel of each region's envelope; `rows` are physical rows of the element's table. With `replace`,
 * rows of the same records are deleted first. */
export async function insertOverlaps(
  repository: Repository,
  element: DimensionElement,
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
  options: { readonly replace: boolean },
): Promise<void> {
  const { db, universe } = repository;
  const { system, level } = commonPixelization(universe);
  const keySlots = keyColumns(element).map((name) => columns.indexOf(name));
  const regionSlot = columns.indexOf("region");
  const tableName = `${element.name}_skypix_overlap`;
  const overlapRows: SqlValue[][] = [];
  for (const row of rows) {
    const key = keySlots.map((slot) => row[slot]!);
    if (options.replace) {
      const matches = element.required.map((name, index) => sql`${identifier(name)} = ${key[index]!}`);
      await db.run(sql`DELETE FROM ${identifier(tableName)} WHERE ${joinSql(matches, " AND ")}`);
    }
    const region = row[regionSlot];
    if (typeof region !== "string") continue;
    for (const [begin, end] of htmEnvelope(Uint8Array.fromBase64(region), level)) {
      for (let pixel = begin; pixel < end; pixel++) overlapRows.push([system, level, ...key, pixel]);
    }
  }
  await db.insertMany(
    tableName,
    ["skypix_system", "skypix_level", ...element.required, "skypix_index"],
    overlapRows,
    { onConflict: "ignore" },
  );
}
