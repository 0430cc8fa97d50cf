import type { DimensionElement } from "../dimensions/dimension-element.ts";
import { expandDataIds } from "../dimensions/expand-data-id.ts";
import type { ButlerState } from "../direct/butler-state.ts";
import { queryRecords } from "../query/query-records.ts";
import type { DatasetRef, DimensionRecord } from "../types.ts";

type Records = Map<string, Map<string, DimensionRecord>>;

function addRecord(records: Records, element: DimensionElement, record: DimensionRecord): void {
  const rows = records.get(element.name) ?? new Map<string, DimensionRecord>();
  records.set(element.name, rows);
  const key = element.required.map((name) => record[name === element.name ? element.keyColumn! : name]);
  rows.set(JSON.stringify(key), record);
}

async function recordsOf(state: ButlerState, refs: readonly DatasetRef[]): Promise<Records> {
  const { universe } = state.repository;
  const records: Records = new Map();
  for (const [, members] of Map.groupBy(refs, (ref) => ref.datasetType.name)) {
    const group = universe.completeGroup(members[0]!.datasetType.dimensions);
    for (const data of await expandDataIds(
      universe,
      state.records,
      group,
      members.map((ref) => ref.dataId),
    )) {
      for (const [name, record] of Object.entries(data.records))
        addRecord(records, universe.element(name), record);
    }
  }
  // What belongs to a visit goes with it.
  for (const element of universe.elements.values()) {
    if (element.populatedBy === element.name || !records.has(element.populatedBy)) continue;
    for (const owner of records.get(element.populatedBy)!.values()) {
      const ownerElement = universe.element(element.populatedBy);
      const dataId = Object.fromEntries(
        ownerElement.required.map((name) => [
          name,
          owner[name === ownerElement.name ? ownerElement.keyColumn! : name] as string | number,
        ]),
      );
      for (const record of await queryRecords(state, element.name, { dataId })) {
        const known = element.required.every((name) => {
          const own = universe.element(name);
          const rows = [...(records.get(name)?.values() ?? [])];
          return !own.hasTable || rows.some((row) => row[own.keyColumn!] === record[name]);
        });
        if (known || element.alwaysJoin) addRecord(records, element, record);
      }
    }
  }
  return records;
}

/** Records that others refer to, added until none is missing. */
async function completeRecords(state: ButlerState, records: Records): Promise<void> {
  await state.records.refresh();
  const { universe } = state.repository;
  for (const element of [...universe.elements.values()].reverse()) {
    for (const record of records.get(element.name)?.values() ?? []) {
      for (const name of [...element.required, ...element.implied]) {
        const target = universe.element(name);
        if (name === element.name || !target.hasTable || target.columns.length === 0) continue;
        const dataId = Object.fromEntries(
          target.required.map((dimension) => [dimension, record[dimension] as string | number]),
        );
        const [found] = await state.records.fetch(target, [dataId]);
        if (found !== undefined) addRecord(records, target, found);
      }
    }
  }
}

/** Every record that datasets need, directly or through other records, by element in universe order: what another
 * repository must have before it can take them. */
export async function collectRecords(
  state: ButlerState,
  refs: readonly DatasetRef[],
): Promise<Map<string, DimensionRecord[]>> {
  const records = await recordsOf(state, refs);
  await completeRecords(state, records);
  const ordered = new Map<string, DimensionRecord[]>();
  for (const name of state.repository.universe.elements.keys()) {
    const rows = records.get(name);
    if (rows !== undefined) ordered.set(name, [...rows.values()]);
  }
  return ordered;
}
