import { AlmagestError } from "@almagest/base";
import type { DatasetApi, GetOptions, LocatedDataset, OutputRecord } from "../api/dataset-api.ts";
import { findDatasets } from "../datasets/find-dataset.ts";
import { readDatasetFile, uriOf } from "../datastore/dataset-files.ts";
import { findInMemory, findStored } from "../datastore/datastore-chain.ts";
import type { FileRecord } from "../datastore/file-records.ts";
import { asStorageClass, datasetMissing, readStored } from "../datastore/read-stored.ts";
import { locationOf, statStored } from "../datastore/stored-file.ts";
import { expandDataIds } from "../dimensions/expand-data-id.ts";
import type { DataId, DatasetRef } from "../types.ts";
import { type ButlerState, collectionsToSearch, requireWriteable } from "./butler-state.ts";

function toLocated(ref: DatasetRef, record: FileRecord): LocatedDataset {
  return {
    ref,
    path: record.path,
    formatter: record.formatter,
    storageClass: record.storageClass,
    ...(record.component === undefined ? {} : { component: record.component }),
  };
}

function toStored(ref: DatasetRef, record: FileRecord): OutputRecord {
  return {
    ...toLocated(ref, record),
    sizeBytes: record.sizeBytes,
    ...(record.checksum === undefined ? {} : { checksum: record.checksum }),
  };
}

async function filesOf(state: ButlerState, ref: DatasetRef): Promise<FileRecord[]> {
  const files = (await findStored(state, [ref.id])).get(ref.id);
  if (files === undefined) throw datasetMissing(ref, "has no stored file");
  return files;
}

/** Data ids of one dimension group look alike in memory; records are attached only where a formatter may want them. */
async function withRecords(state: ButlerState, located: LocatedDataset): Promise<LocatedDataset> {
  const { universe } = state.repository;
  const group = universe.completeGroup(located.ref.datasetType.dimensions);
  const [data] = await expandDataIds(universe, state.records, group, [located.ref.dataId]);
  return { ...located, records: data!.records };
}

/** A value from memory, or its component of that name. */
function partOf(value: unknown, ref: DatasetRef, component: string | undefined): unknown {
  if (component === undefined) return value;
  if (typeof value === "object" && value !== null && Object.hasOwn(value, component))
    return (value as Record<string, unknown>)[component];
  throw datasetMissing(ref, `has no component '${component}'`);
}

async function getByRef(state: ButlerState, ref: DatasetRef, options: GetOptions): Promise<unknown> {
  const { parameters, component: wanted } = options;
  const { storageClasses } = state.formatters;
  const kept = findInMemory(state, ref.id);
  if (kept !== undefined && parameters === undefined) {
    const { storageClass: whole } = ref.datasetType;
    const storageClass = wanted === undefined ? whole : storageClasses.componentOf(whole, wanted);
    const value = partOf(kept.value, ref, wanted);
    return asStorageClass({ value, storageClass }, options.storageClass, undefined, storageClasses);
  }
  const files = await filesOf(state, ref);
  const rest = parameters === undefined ? {} : { parameters };
  return readStored(ref, files, options, storageClasses, async (file, component) =>
    readDatasetFile(state.repository.root, state.formatters, await withRecords(state, toLocated(ref, file)), {
      ...rest,
      cache: state.cache,
      ...(component === undefined ? {} : { component }),
      ...(options.verify && file.checksum !== undefined ? { checksum: file.checksum } : {}),
    }),
  );
}

async function getByDataId(
  state: ButlerState,
  name: string,
  dataId: DataId,
  options: GetOptions,
): Promise<unknown> {
  const [parent, component] = name.split(".") as [string, string | undefined];
  const type = await state.types.get(parent);
  const expression = collectionsToSearch(state, options.collections);
  const searched = await state.collections.resolve(expression);
  const [ref] = await findDatasets(state, type, [dataId], searched);
  if (ref === undefined) {
    const text = Object.entries(dataId)
      .map(([key, value]) => `${key}=${value}`)
      .join(", ");
    throw new AlmagestError(
      "BUTLER.DATASET_MISSING",
      `There is no '${parent}' for {${text}} in ${[expression].flat().join(", ")}.`,
      { fields: { datasetType: parent, dataId, collections: expression } },
    );
  }
  const wanted = options.component ?? component;
  return getByRef(state, ref, wanted === undefined ? options : { ...options, component: wanted });
}

/** The methods of a Butler that read datasets, and those on dataset types. */
export function createReadMethods(
  state: ButlerState,
): Pick<
  DatasetApi,
  | "registerDatasetType"
  | "getDatasetType"
  | "queryDatasetTypes"
  | "removeDatasetType"
  | "get"
  | "exists"
  | "getUri"
  | "locate"
  | "storedFiles"
> {
  const { root } = state.repository;
  function get(ref: DatasetRef, options?: GetOptions): Promise<unknown>;
  function get(datasetType: string, dataId: DataId, options?: GetOptions): Promise<unknown>;
  function get(
    what: DatasetRef | string,
    second?: DataId | GetOptions,
    third?: GetOptions,
  ): Promise<unknown> {
    return typeof what === "string"
      ? getByDataId(state, what, second as DataId, third ?? {})
      : getByRef(state, what, (second as GetOptions | undefined) ?? {});
  }
  return {
    registerDatasetType: async (type) => {
      requireWriteable(state);
      return state.types.register(type);
    },
    getDatasetType: async (name) => (await state.types.get(name)).type,
    queryDatasetTypes: async (glob) => (await state.types.list(glob)).map((row) => row.type),
    removeDatasetType: async (name) => {
      requireWriteable(state);
      await state.types.remove(name);
    },
    get,
    exists: async (ref) => {
      const files = (await findStored(state, [ref.id])).get(ref.id) ?? [];
      if (findInMemory(state, ref.id) !== undefined) return true;
      if (files.length === 0) return false;
      for (const file of files) {
        if ((await statStored(locationOf(root, file.path))) === undefined) return false;
      }
      return true;
    },
    getUri: async (ref) => {
      const files = await filesOf(state, ref);
      return uriOf(root, (files.find((file) => file.component === undefined) ?? files[0]!).path);
    },
    storedFiles: async (refs) => {
      const files = await findStored(
        state,
        refs.map((ref) => ref.id),
      );
      return refs.map((ref) => (files.get(ref.id) ?? []).map((record) => toStored(ref, record)));
    },
    locate: async (refs) => {
      const files = await findStored(
        state,
        refs.map((ref) => ref.id),
      );
      return refs.map((ref) => {
        const list = files.get(ref.id);
        const file = list?.find((record) => record.component === undefined) ?? list?.[0];
        return file === undefined ? undefined : toLocated(ref, file);
      });
    },
  };
}
