import { openAsBlob } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { AlmagestError, type Clock, systemClock } from "@almagest/base";
import { toLocalPath } from "@almagest/resources";
import type { DatasetApi, GetOptions, IngestFile, OutputRecord } from "../api/dataset-api.ts";
import type { Butler } from "../butler.ts";
import { readDatasetFile, writeDatasetFile } from "../datastore/dataset-files.ts";
import { createUniverse, type DimensionGroup, type ExpandedDataId } from "../dimensions/universe.ts";
import type { UniverseConfig } from "../dimensions/universe-config.ts";
import {
  chooseFormatter,
  createFormatterRegistry,
  type FormatterRegistry,
  formatterOf,
} from "../formatter-registry.ts";
import { newDatasetId } from "../repository/sql-codec.ts";
import type { DataId, DatasetRef, DatasetType } from "../types.ts";
import { type ConnectionOptions, createConnection } from "./connection.ts";

/** How to open a Butler on a server. */
export interface RemoteOptions extends ConnectionOptions {
  readonly formatters?: FormatterRegistry;
  readonly collections?: string | readonly string[];
  /** Run written to when a call names none; made if absent. */
  readonly run?: string;
  readonly clock?: Clock;
}

interface RemoteFile extends OutputRecord {
  readonly url: string;
}

function unsupported(what: string, instead: string): AlmagestError {
  return new AlmagestError("BUTLER.REMOTE_UNSUPPORTED", `A Butler on a server cannot ${what}; ${instead}.`);
}

function extensionOf(path: string): string {
  return /(\.[A-Za-z0-9_]{1,12}(\.(fz|gz|xz|bz2))?)$/.exec(basename(path))?.[1] ?? "";
}

/** Works in a folder that is gone afterwards. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "almagest-remote-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Options as they can be sent: what aborts stays here. */
function plain<T extends object>(options: T): T {
  const { signal: _signal, ...rest } = options as T & { readonly signal?: AbortSignal };
  return rest as T;
}

/**
 * A Butler whose repository is behind a server: the same interface as the direct one. Files are fetched by signed address
 * and read here, written here and sent. Throws `BUTLER.SERVER_UNREACHABLE`.
 */
export async function openRemoteButler(options: RemoteOptions): Promise<Butler> {
  const connection = createConnection(options);
  const { formatters = createFormatterRegistry(), clock = systemClock, run: defaultRun } = options;
  const { call } = connection;
  const described = await call<{ universe: UniverseConfig; readOnly: boolean }>("describe");
  const universe = createUniverse(described.universe);
  const given = options.collections ?? defaultRun ?? [];
  const defaultCollections = typeof given === "string" ? [given] : given;
  if (defaultRun !== undefined && !described.readOnly) await call("registerRun", defaultRun);

  const searched = <T extends { readonly collections?: string | readonly string[] }>(
    query: T | undefined,
  ): T => {
    if (query?.collections !== undefined) return plain(query);
    if (defaultCollections.length > 0)
      return { ...plain((query ?? {}) as T), collections: defaultCollections };
    throw new AlmagestError(
      "BUTLER.COLLECTION_NONE",
      "No collections were given and the Butler has no default.",
    );
  };
  const runToWrite = (run: string | undefined): string => {
    const name = run ?? defaultRun;
    if (name !== undefined) return name;
    throw new AlmagestError("BUTLER.COLLECTION_NONE", "No run was given and the Butler has no default run.");
  };
  const missing = (text: string): AlmagestError => new AlmagestError("BUTLER.DATASET_MISSING", text);
  const expandDataIds = async (
    dataIds: readonly DataId[],
    group: DimensionGroup,
  ): Promise<ExpandedDataId[]> => {
    const found = await call<Omit<ExpandedDataId, "group">[]>("expandDataIds", dataIds, {
      dimensions: group.names,
    });
    return found.map((item) => ({ ...item, group }));
  };

  async function readFileOf(file: RemoteFile, get: GetOptions): Promise<unknown> {
    return inFolder(async (folder) => {
      const response = await fetch(file.url);
      if (!response.ok) {
        throw new AlmagestError(
          "BUTLER.FILE_MISSING",
          `The file of dataset ${file.ref.id} cannot be fetched.`,
          {
            fields: { status: response.status, id: file.ref.id },
          },
        );
      }
      const name = `file${extensionOf(file.path) || formatterOf(formatters, file).extension}`;
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (file.sizeBytes >= 0 && bytes.length !== file.sizeBytes) {
        throw new AlmagestError("BUTLER.FILE_CHANGED", `The file of dataset ${file.ref.id} came incomplete.`);
      }
      const { writeFile } = await import("node:fs/promises");
      await writeFile(join(folder, name), bytes);
      return readDatasetFile(folder, formatters, { ...file, path: name }, get);
    });
  }
  async function getByRef(ref: DatasetRef, get: GetOptions): Promise<unknown> {
    const [files] = await call<RemoteFile[][]>("fileUrls", [ref]);
    if (files!.length === 0) throw missing(`'${ref.datasetType.name}' ${ref.id} has no stored file.`);
    const { component, ...rest } = get;
    const own = files!.find((file) => file.component !== undefined && file.component === component);
    if (own !== undefined) return readFileOf(own, rest);
    const whole = files!.find((file) => file.component === undefined);
    if (whole !== undefined) return readFileOf(whole, get);
    if (component !== undefined) throw missing(`'${ref.datasetType.name}' has no component '${component}'.`);
    const parts = await Promise.all(
      files!.map(async (file) => [file.component!, await readFileOf(file, rest)] as const),
    );
    return Object.fromEntries(parts);
  }
  async function getByDataId(name: string, dataId: DataId, get: GetOptions): Promise<unknown> {
    const [parent, component] = name.split(".") as [string, string | undefined];
    const { collections } = get;
    const ref = await call<DatasetRef | null>(
      "findDataset",
      parent,
      dataId,
      searched(collections === undefined ? {} : { collections }),
    );
    if (ref === null)
      throw missing(`There is no '${parent}' for ${JSON.stringify(dataId)} in the collections searched.`);
    const wanted = get.component ?? component;
    return getByRef(ref, wanted === undefined ? get : { ...get, component: wanted });
  }
  function get(ref: DatasetRef, options?: GetOptions): Promise<unknown>;
  function get(datasetType: string, dataId: DataId, options?: GetOptions): Promise<unknown>;
  function get(
    what: DatasetRef | string,
    second?: DataId | GetOptions,
    third?: GetOptions,
  ): Promise<unknown> {
    return typeof what === "string"
      ? getByDataId(what, second as DataId, third ?? {})
      : getByRef(what, (second as GetOptions | undefined) ?? {});
  }
  async function send(path: string): Promise<{ upload: string; extension: string }> {
    const upload = newDatasetId(clock);
    const extension = extensionOf(path);
    await connection.upload(
      `upload/${upload}?extension=${encodeURIComponent(extension)}`,
      await openAsBlob(path),
    );
    return { upload, extension };
  }
  const put: DatasetApi["put"] = async (value, typeName, dataId, put = {}) => {
    const run = runToWrite(put.run);
    const datasetType = await call<DatasetType>("getDatasetType", typeName);
    const group = universe.completeGroup(datasetType.dimensions);
    const ref = {
      id: put.id ?? newDatasetId(clock),
      datasetType,
      dataId: universe.conform(dataId, group),
      run,
    };
    return inFolder(async (folder) => {
      const formatter = chooseFormatter(formatters, ref, group);
      const path = `file${formatter.extension}`;
      const located = {
        ref,
        path,
        formatter: formatter.name,
        storageClass: datasetType.storageClass,
      };
      await writeDatasetFile(folder, formatters, located, value, { overwrite: true, checksum: false });
      const sent = await send(join(folder, path));
      const file = {
        ...sent,
        datasetType: typeName,
        dataId: ref.dataId,
        formatter: formatter.name,
        id: ref.id,
      };
      const [stored] = await call<DatasetRef[]>("ingestUploads", [file], { run });
      return stored!;
    });
  };
  const ingest: DatasetApi["ingest"] = async (files, { mode, run, ...rest }) => {
    if (mode === "direct" || mode === "in-place") {
      throw unsupported(`ingest files by '${mode}'`, "copy sends them");
    }
    const sent = [];
    for (const { path, ...file } of files satisfies readonly IngestFile[]) {
      sent.push({ ...file, ...(await send(toLocalPath(path))) });
    }
    const refs = await call<DatasetRef[]>("ingestUploads", sent, { run: runToWrite(run), ...rest });
    if (mode === "move") for (const { path } of files) await rm(toLocalPath(path));
    return refs;
  };
  const close = async (): Promise<void> => {};
  return {
    root: connection.url,
    universe,
    readOnly: described.readOnly,
    defaultCollections,
    defaultRun,
    insertRecords: (...args) => call("insertRecords", ...args),
    syncRecord: (...args) => call("syncRecord", ...args),
    queryRecords: (element, query = {}) => call("queryRecords", element, plain(query)),
    expandDataId: async (dataId, group) => {
      const names = Object.keys(dataId).filter((name) => universe.elements.get(name)?.isDimension);
      return (await expandDataIds([dataId], group ?? universe.completeGroup(names)))[0]!;
    },
    expandDataIds,
    registerRun: (...args) => call("registerRun", ...args),
    registerCollection: (...args) => call("registerCollection", ...args),
    setChain: (...args) => call("setChain", ...args),
    prependChain: (...args) => call("prependChain", ...args),
    extendChain: (...args) => call("extendChain", ...args),
    removeFromChain: (...args) => call("removeFromChain", ...args),
    getCollection: (name) => call("getCollection", name),
    queryCollections: (glob = "*", query = {}) => call("queryCollections", glob, query),
    summarizeCollections: (names) => call("summarizeCollections", names),
    removeCollection: (name) => call("removeCollection", name),
    removeRun: (...args) => call("removeRun", ...args),
    associate: (...args) => call("associate", ...args),
    disassociate: (...args) => call("disassociate", ...args),
    certify: (...args) => call("certify", ...args),
    decertify: (...args) => call("decertify", ...args),
    queryAssociations: (...args) => call("queryAssociations", ...args),
    registerDatasetType: (type) => call("registerDatasetType", type),
    getDatasetType: (name) => call("getDatasetType", name),
    queryDatasetTypes: (glob = "*") => call("queryDatasetTypes", glob),
    removeDatasetType: (name) => call("removeDatasetType", name),
    put,
    get,
    exists: (ref) => call("exists", ref),
    getUri: async (ref) => {
      const [files] = await call<RemoteFile[][]>("fileUrls", [ref]);
      const file = files!.find((item) => item.component === undefined) ?? files![0];
      if (file === undefined) throw missing(`'${ref.datasetType.name}' ${ref.id} has no stored file.`);
      return file.url;
    },
    locate: async (refs) => {
      const found = await call<(OutputRecord | null)[]>("locate", refs);
      return found.map((item) => item ?? undefined);
    },
    storedFiles: (refs) => call("storedFiles", refs),
    ingest,
    makeRefs: (requests, run) =>
      requests.map(({ datasetType, dataId }) => ({
        id: newDatasetId(clock),
        datasetType,
        dataId: universe.conform(dataId, universe.completeGroup(datasetType.dimensions)),
        run,
      })),
    registerDatasets: (refs) => call("registerDatasets", refs),
    planOutputs: (refs) => call("planOutputs", refs),
    ingestOutputs: (records) => call("ingestOutputs", records),
    prune: (...args) => call("prune", ...args),
    transaction: async () => {
      throw unsupported("run a transaction", "each call is one of its own");
    },
    queryDatasets: (type, query) => call("queryDatasets", type, searched(query)),
    streamDatasets: async function* (type, query) {
      for await (const line of connection.lines("stream", [type, searched(query)], query?.signal)) {
        yield* line.rows as DatasetRef[];
      }
    },
    queryDataIds: (dimensions, query = {}) => call("queryDataIds", dimensions, plain(query)),
    queryDataIdTable: (dimensions, query = {}) => call("queryDataIdTable", dimensions, plain(query)),
    findDataset: async (type, dataId, query) =>
      (await call<DatasetRef | null>("findDataset", type, dataId, searched(query))) ?? undefined,
    findDatasets: async (type, dataIds, query) => {
      const found = await call<(DatasetRef | null)[]>("findDatasets", type, dataIds, searched(query));
      return found.map((ref) => ref ?? undefined);
    },
    explain: (request) =>
      call("explain", "datasets" in request ? { ...request, options: searched(request.options) } : request),
    getDatasets: (ids) => call("getDatasets", ids),
    collectRecords: (refs) => call("collectRecords", refs),
    importFrom: async () => {
      throw unsupported("import", "import where the repository is, or transfer the datasets");
    },
    exportTo: async () => {
      throw unsupported("export", "export where the repository is, or transfer the datasets");
    },
    removeUnclaimed: async () => {
      throw unsupported("delete files", "run fsck where the repository is");
    },
    check: ({ onProgress: _local, ...query } = {}) => call("check", query),
    validateConfiguration: (query) => call("validateConfiguration", query),
    close,
    [Symbol.asyncDispose]: close,
  };
}
