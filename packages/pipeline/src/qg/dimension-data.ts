import type { Butler, DataId, DimensionElement, DimensionGroup, DimensionRecord } from "@almagest/butler";
import { TAI_NS_MAX, TAI_NS_MIN } from "@almagest/sphere";
import type { GraphSource } from "../quanta/graph-source.ts";

/** Records of each element as rows: key values, implied values, then all other fields in the original's order. */
export type DimensionData = Readonly<Record<string, readonly (readonly unknown[])[]>>;

/** Gathers the dimension records of data ids, each once. Pixels of the sky are left out, as their ids say all. */
export interface DimensionCollector {
  /** Completes data ids of one group and keeps their records; gives the values in the order of the group, required
   * dimensions first, then implied. */
  add(dataIds: readonly DataId[], group: DimensionGroup): Promise<(string | number)[][]>;
  finish(): DimensionData;
}

const BATCH = 5000;

/** Creates a collector over a Butler's records. */
export function createDimensionCollector(
  butler: Pick<Butler, "expandDataIds"> & Pick<GraphSource, "universe">,
): DimensionCollector {
  const { universe } = butler;
  const rows = new Map<string, Map<string, readonly unknown[]>>();
  const keep = (name: string, row: readonly unknown[]): void => {
    const element = universe.element(name);
    const key = row.slice(0, element.required.length).join("\u0001");
    let byKey = rows.get(name);
    if (!byKey) rows.set(name, (byKey = new Map()));
    if (!byKey.has(key)) byKey.set(key, row);
  };
  return {
    async add(dataIds, group) {
      const elements = group.elements.map(universe.element).filter(({ skypix }) => skypix === undefined);
      for (const { name } of elements) if (!rows.has(name)) rows.set(name, new Map());
      const values: (string | number)[][] = [];
      const names = [...group.required, ...group.implied];
      for (let start = 0; start < dataIds.length; start += BATCH) {
        for (const each of await butler.expandDataIds(dataIds.slice(start, start + BATCH), group)) {
          values.push(names.map((name) => each.dataId[name]!));
          for (const element of elements) {
            const record = each.records[element.name];
            // A band has no table: its name is all there is.
            if (!element.hasTable)
              keep(
                element.name,
                element.required.map((name) => each.dataId[name]),
              );
            else if (record) keep(element.name, recordRow(element, record));
          }
        }
      }
      return values;
    },
    finish: () => Object.fromEntries([...rows].map(([name, byKey]) => [name, [...byKey.values()]])),
  };
}

function recordRow(element: DimensionElement, record: DimensionRecord): unknown[] {
  return element.columns.map((column) => {
    const value =
      record[column.name] ?? (column.dimension === undefined ? undefined : record[column.dimension]);
    if (value === undefined || value === null) return null;
    if (value instanceof Uint8Array) return value.toHex();
    if (typeof value === "object") return [value.begin ?? TAI_NS_MIN, value.end ?? TAI_NS_MAX];
    return value;
  });
}
