import { identifier, joinSql, sql } from "@almagest/database";
import type { CollectionSummary } from "../api/collection-api.ts";
import type { ButlerState } from "../direct/butler-state.ts";
import type { CollectionRow } from "./collection-store.ts";

/** What kinds of dataset each of some collections may hold, and of which instruments and sky maps; a chain has what its
 * members have. The answer may name more than there is, as deleting datasets does not shrink it. */
export async function summarizeCollections(
  state: ButlerState,
  names: readonly string[],
): Promise<CollectionSummary[]> {
  const { db, universe } = state.repository;
  const members = new Map<string, CollectionRow[]>();
  for (const name of new Set(names)) members.set(name, await state.collections.resolve(name));
  const ids = [...new Set([...members.values()].flat().map((row) => row.id))];
  const read = async (table: string, column: string): Promise<Map<number, string[]>> => {
    const found = new Map<number, string[]>();
    for (let start = 0; start < ids.length; start += 500) {
      const list = joinSql(ids.slice(start, start + 500));
      const rows =
        table === "dataset_type"
          ? await db.rows(
              sql`SELECT s.collection_id, t.name FROM collection_summary_dataset_type s
                  JOIN dataset_type t ON t.id = s.dataset_type_id WHERE s.collection_id IN (${list})`,
            )
          : await db.rows(
              sql`SELECT collection_id, ${identifier(column)} FROM ${identifier(table)} WHERE collection_id IN (${list})`,
            );
      for (const [id, value] of rows) {
        const known = found.get(Number(id));
        if (known === undefined) found.set(Number(id), [value as string]);
        else known.push(value as string);
      }
    }
    return found;
  };
  const types = await read("dataset_type", "name");
  const governors = new Map<string, Map<number, string[]>>();
  for (const element of universe.elements.values()) {
    if (element.isGovernor)
      governors.set(element.name, await read(`collection_summary_${element.name}`, element.name));
  }
  const union = (rows: readonly CollectionRow[], values: ReadonlyMap<number, string[]>): string[] =>
    [...new Set(rows.flatMap((row) => values.get(row.id) ?? []))].sort();
  return names.map((name) => {
    const rows = members.get(name)!;
    return {
      name,
      datasetTypes: union(rows, types),
      governors: Object.fromEntries([...governors].map(([key, values]) => [key, union(rows, values)])),
    };
  });
}
