import { AlmagestError, type Clock, systemClock } from "@almagest/base";
import type { OutputRecord } from "../api/dataset-api.ts";
import type { QueryValue } from "../api/query-api.ts";
import type { Butler } from "../butler.ts";
import { createUniverse, type DimensionGroup, type ExpandedDataId } from "../dimensions/universe.ts";
import type { UniverseConfig } from "../dimensions/universe-config.ts";
import { createFormatterRegistry, type FormatterRegistry } from "../formatter-registry.ts";
import { newDatasetId } from "../repository/sql-codec.ts";
import type { DataId, DatasetRef } from "../types.ts";
import { type ConnectionOptions, createConnection } from "./connection.ts";
import { createRemoteFiles } from "./remote-files.ts";

/** How to open a Butler on a server. */
export interface RemoteOptions extends ConnectionOptions {
  readonly formatters?: FormatterRegistry;
  readonly collections?: string | readonly string[];
  /** Run written to when a call names none; made if absent. */
  readonly run?: string;
  readonly clock?: Clock;
}

function unsupported(what: string, instead: string): AlmagestError {
  return new AlmagestError("BUTLER.REMOTE_UNSUPPORTED", `A Butler on a server cannot ${what}; ${instead}.`);
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
  const expandDataIds = async (
    dataIds: readonly DataId[],
    group: DimensionGroup,
  ): Promise<ExpandedDataId[]> => {
    const found = await call<Omit<ExpandedDataId, "group">[]>("expandDataIds", dataIds, {
      dimensions: group.names,
    });
    return found.map((item) => ({ ...item, group }));
  };

  const files = createRemoteFiles({ connection, universe, formatters, clock, searched, runToWrite });
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
    put: files.put,
    get: files.get,
    exists: (ref) => call("exists", ref),
    getUri: files.getUri,
    locate: async (refs) => {
      const found = await call<(OutputRecord | null)[]>("locate", refs);
      return found.map((item) => item ?? undefined);
    },
    storedFiles: (refs) => call("storedFiles", refs),
    ingest: files.ingest,
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
    streamRows: async function* (query) {
      for await (const line of connection.lines("stream-rows", plain(query), query.signal))
        yield* line.rows as QueryValue[][];
    },
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
