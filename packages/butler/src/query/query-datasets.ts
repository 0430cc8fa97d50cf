import type { Row } from "@almagest/database";
import type { DatasetQueryOptions } from "../api/query-api.ts";
import { dataIdOfRow } from "../datasets/dataset-store.ts";
import { ambiguousCalibration } from "../datasets/find-dataset.ts";
import { type ButlerState, collectionsToSearch } from "../direct/butler-state.ts";
import type { DataId, DataIdValue, DatasetRef } from "../types.ts";
import { resolveSearch } from "./dataset-search.ts";
import { type PlannedQuery, planQuery } from "./plan-query.ts";

/** Gives equal texts of many data ids one place in memory. */
function createSharer(): (dataId: DataId) => DataId {
  const texts = new Map<string, string>();
  return (dataId) => {
    const values = dataId as Record<string, DataIdValue>;
    for (const name in values) {
      const value = values[name]!;
      if (typeof value !== "string") continue;
      const known = texts.get(value);
      if (known === undefined) texts.set(value, value);
      else values[name] = known;
    }
    return dataId;
  };
}

/** Orders references by data id; what the database gives is mostly in order already, which this makes use of. */
function sortRefs(refs: DatasetRef[], names: readonly string[]): DatasetRef[] {
  return refs.sort((a, b) => {
    for (const name of names) {
      const [one, other] = [a.dataId[name]!, b.dataId[name]!];
      if (one !== other) return one < other ? -1 : 1;
    }
    return 0;
  });
}

/** Makes references of rows as they come; `finish` gives them once the names of their runs are looked up. */
interface RefCollector {
  take(row: Row): void;
  finish(): Promise<DatasetRef[]>;
}

interface DatasetQuery {
  readonly planned: PlannedQuery;
  /** Dimensions of the data id. */
  readonly required: readonly string[];
  collect(): RefCollector;
}

/** Plans a query of datasets of one type. */
export async function planDatasets(
  state: ButlerState,
  datasetType: string,
  options: DatasetQueryOptions,
): Promise<DatasetQuery> {
  const expression = collectionsToSearch(state, options.collections);
  const search = await resolveSearch(state, datasetType, expression, options.findFirst ?? true);
  const { type } = search;
  const required = type.group.required;
  const planned = await planQuery(state, { output: type.group, columns: required, search, options });
  const share = createSharer();
  const count = required.length;
  const { ambiguityColumn } = planned;
  const collect = (): RefCollector => {
    const refs: { -readonly [K in keyof DatasetRef]: DatasetRef[K] }[] = [];
    const runIds: number[] = [];
    return {
      take: (row) => {
        if (ambiguityColumn !== undefined && Number(row[ambiguityColumn]) > 1) {
          throw ambiguousCalibration(
            type.type.name,
            [expression].flat().join(", "),
            dataIdOfRow(required, row, 0),
          );
        }
        runIds.push(Number(row[count + 1]));
        const dataId = share(dataIdOfRow(required, row, 0));
        refs.push({ id: row[count] as string, datasetType: type.type, dataId, run: "" });
      },
      finish: async () => {
        const runs = await state.collections.getByIds([...new Set(runIds)]);
        refs.forEach((ref, index) => {
          ref.run = runs.get(runIds[index]!)!.name;
        });
        return refs;
      },
    };
  };
  return { planned, required, collect };
}

/** Datasets of one type that match, ordered by data id unless told. */
export async function queryDatasets(
  state: ButlerState,
  datasetType: string,
  options: DatasetQueryOptions,
): Promise<DatasetRef[]> {
  const { planned, collect, required } = await planDatasets(state, datasetType, options);
  const { signal } = options;
  const settings = { bigInts: planned.bigInts, ...(signal === undefined ? {} : { signal }) };
  const collector = collect();
  await state.repository.db.forEachRow(planned.sql, collector.take, settings);
  const refs = await collector.finish();
  const asFound = options.orderBy !== undefined || options.limit !== undefined;
  return asFound ? refs : sortRefs(refs, required);
}

/** Datasets of one type that match, one at a time. */
export async function* streamDatasets(
  state: ButlerState,
  datasetType: string,
  options: DatasetQueryOptions,
): AsyncGenerator<DatasetRef> {
  const { planned, collect } = await planDatasets(state, datasetType, options);
  const { signal } = options;
  const pages = state.repository.db.stream(planned.sql, {
    bigInts: planned.bigInts,
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const page of pages) {
    const collector = collect();
    for (const row of page) collector.take(row);
    yield* await collector.finish();
  }
}
