import { AlmagestError } from "@almagest/base";
import type { DataId, DataIdValue, DimensionRecord } from "../types.ts";
import type { DimensionElement } from "./dimension-element.ts";
import type { DimensionGroup } from "./dimension-group.ts";
import type { RecordStore } from "./record-store.ts";
import type { ExpandedDataId, Universe } from "./universe.ts";

const orders = new WeakMap<DimensionGroup, DimensionElement[]>();

/** Elements of a group that have records, in an order in which each one's required values are known when its turn comes. */
function lookupOrder(universe: Universe, group: DimensionGroup): readonly DimensionElement[] {
  const known = orders.get(group);
  if (known !== undefined) return known;
  const order = findLookupOrder(universe, group).filter(
    (element) => element.hasTable && element.columns.length > 0,
  );
  orders.set(group, order);
  return order;
}

function findLookupOrder(universe: Universe, group: DimensionGroup): DimensionElement[] {
  const known = new Set(group.required);
  const waiting = group.elements.map((name) => universe.element(name));
  const ordered: DimensionElement[] = [];
  while (waiting.length > 0) {
    const index = waiting.findIndex((element) => element.required.every((name) => known.has(name)));
    const [element] = waiting.splice(index, 1);
    ordered.push(element!);
    for (const name of element!.implied) known.add(name);
  }
  return ordered;
}

/**
 * Completes data ids of one group with implied values and records. Values beyond the group's dimensions are checked
 * where implied, else ignored. Throws `BUTLER.DATA_ID_INVALID`, `BUTLER.RECORD_MISSING`.
 */
export async function expandDataIds(
  universe: Universe,
  records: RecordStore,
  group: DimensionGroup,
  dataIds: readonly DataId[],
): Promise<ExpandedDataId[]> {
  const full: Record<string, DataIdValue>[] = dataIds.map((dataId) => ({
    ...universe.conform(dataId, group),
  }));
  const found: Record<string, DimensionRecord>[] = dataIds.map(() => ({}));
  await records.refresh();
  for (const element of lookupOrder(universe, group)) {
    const fetched = await records.fetch(element, full);
    fetched.forEach((record, index) => {
      const dataId = full[index]!;
      if (record === undefined) {
        if (!element.isDimension) return;
        const key = element.required.map((name) => `${name}=${dataId[name]}`).join(", ");
        throw new AlmagestError(
          "BUTLER.RECORD_MISSING",
          `The repository has no ${element.name} record for ${key}.`,
          {
            fields: { element: element.name, dataId: { ...dataId } },
          },
        );
      }
      found[index]![element.name] = record;
      for (const name of element.implied)
        addImplied(dataId, dataIds[index]!, name, record[name] as DataIdValue);
    });
  }
  return full.map((dataId, index) => ({
    group,
    dataId: inGroupOrder(group, dataId),
    records: found[index]!,
  }));
}

function addImplied(
  dataId: Record<string, DataIdValue>,
  given: DataId,
  name: string,
  value: DataIdValue,
): void {
  const claimed = dataId[name] ?? given[name];
  if (claimed !== undefined && String(claimed) !== String(value)) {
    throw new AlmagestError(
      "BUTLER.DATA_ID_INVALID",
      `The data id says ${name}=${claimed}, but its records say ${name}=${value}.`,
      { fields: { dimension: name, given: claimed, implied: value } },
    );
  }
  dataId[name] = value;
}

function inGroupOrder(group: DimensionGroup, dataId: Readonly<Record<string, DataIdValue>>): DataId {
  return Object.fromEntries([...group.required, ...group.implied].map((name) => [name, dataId[name]!]));
}
