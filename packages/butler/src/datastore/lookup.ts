import type { DimensionGroup } from "../dimensions/dimension-group.ts";
import type { DataId, DatasetType } from "../types.ts";

/** The entry of a configuration table for a dataset: its instrument's own section first, then by dataset type, dimensions
 * (`a+b` in any order), storage class, and `default`. For a component what is said of its composite counts after what is said
 * of itself. */
export function lookupEntry<T>(
  table: ReadonlyMap<string, T>,
  instrumentTable: ReadonlyMap<string, T> | undefined,
  type: DatasetType,
  group: DimensionGroup,
  parent?: DatasetType,
): T | undefined {
  for (const entries of [instrumentTable, table]) {
    if (entries === undefined) continue;
    const found =
      entries.get(type.name) ??
      (parent === undefined ? undefined : entries.get(parent.name)) ??
      byDimensions(entries, group) ??
      entries.get(type.storageClass) ??
      (parent === undefined ? undefined : entries.get(parent.storageClass));
    if (found !== undefined) return found;
  }
  return table.get("default");
}

function byDimensions<T>(entries: ReadonlyMap<string, T>, group: DimensionGroup): T | undefined {
  for (const [key, entry] of entries) {
    if (key.includes("+") && sameDimensions(key.split("+"), group)) return entry;
  }
  return undefined;
}

/** True when these dimensions, completed, are exactly the group; implied ones may be named or not. */
export function sameDimensions(names: readonly string[], group: DimensionGroup): boolean {
  if (!names.every((name) => group.has(name))) return false;
  const named = new Set(names);
  return group.required.every((name) => named.has(name) || isGovernorOf(name, group));
}

function isGovernorOf(name: string, group: DimensionGroup): boolean {
  return group.governors.includes(name);
}

/** The instrument in a data id, if it has one. */
export function instrumentOf(dataId: DataId): string | undefined {
  const instrument = dataId.instrument;
  return instrument === undefined ? undefined : String(instrument);
}
