import { AlmagestError } from "@almagest/base";
import type { LocatedDataset } from "../api/dataset-api.ts";
import type { DataIdQueryOptions, DatasetQueryOptions } from "../api/query-api.ts";
import type { Butler } from "../butler.ts";
import { isGlob } from "../repository/name-pattern.ts";
import type { DatasetRef } from "../types.ts";
import { type Caller, mayAccess, mayDefine, type Permissions } from "./permissions.ts";

/** What a caller of the server may use of a Butler: everything but what works on the server's own paths. */
export type GuardedButler = Omit<
  Butler,
  | "importFrom"
  | "exportTo"
  | "ingest"
  | "put"
  | "get"
  | "transaction"
  | "removeUnclaimed"
  | "close"
  | typeof Symbol.asyncDispose
>;

function forbidden(caller: Caller, what: string): AlmagestError {
  return new AlmagestError("BUTLER.FORBIDDEN", `${caller.subject} may not ${what}.`, {
    fields: { subject: caller.subject },
  });
}

/**
 * A Butler that does for a caller what the permissions allow, and no more. What cannot be read is not there in lists and in
 * the results of globs; named, it is refused (`BUTLER.FORBIDDEN`). A dataset may be read where its run may be, whichever
 * collection it was found through; what a caller says of a dataset counts for nothing, its id decides.
 */
export function guardButler(butler: Butler, permissions: Permissions, caller: Caller): GuardedButler {
  const can = (action: "read" | "write", name: string): boolean =>
    mayAccess(permissions, caller, action, name);
  const requireAccess = (action: "read" | "write", ...names: readonly string[]): void => {
    const refused = names.find((name) => !can(action, name));
    if (refused !== undefined) throw forbidden(caller, `${action} the collection '${refused}'`);
  };
  const requireDefine = (): void => {
    if (!mayDefine(permissions, caller))
      throw forbidden(caller, "define dimension records and dataset types");
  };
  const readable = (refs: readonly DatasetRef[]): DatasetRef[] => refs.filter((ref) => can("read", ref.run));

  /** Collections to search, in order, without those that may not be read; a named one that may not is refused. */
  async function narrow(collections: string | readonly string[] | undefined): Promise<string[]> {
    const names = [collections ?? butler.defaultCollections].flat();
    for (const name of names) if (!isGlob(name)) requireAccess("read", name);
    const found = await butler.queryCollections(names, { flatten: true });
    return found.map((info) => info.name).filter((name) => can("read", name));
  }
  const narrowedIds = async (options: DataIdQueryOptions = {}): Promise<DataIdQueryOptions> => ({
    ...options,
    ...(options.datasets === undefined
      ? {}
      : {
          datasets: await Promise.all(
            options.datasets.map(async (item) => ({ ...item, collections: await narrow(item.collections) })),
          ),
        }),
  });
  const narrowed = async (options: DatasetQueryOptions = {}): Promise<DatasetQueryOptions> => {
    // Globs do not go with a search for the first: that is said where it is always said.
    const asGiven = (options.findFirst ?? true) && [options.collections ?? []].flat().some(isGlob);
    const { datasets } = await narrowedIds(options);
    const joined = datasets === undefined ? options : { ...options, datasets };
    return asGiven ? joined : { ...joined, collections: await narrow(options.collections) };
  };
  /** The datasets as the repository knows them; unknown ones and those of runs that may not be read are left out. */
  const real = async (refs: readonly DatasetRef[]): Promise<Map<string, DatasetRef>> => {
    const found = readable(await butler.getDatasets(refs.map((ref) => ref.id)));
    return new Map(found.map((ref) => [ref.id, ref]));
  };
  const requireKnown = async (refs: readonly DatasetRef[]): Promise<DatasetRef[]> => {
    const known = await real(refs);
    return refs.map((ref) => {
      const found = known.get(ref.id);
      if (found !== undefined) return found;
      throw new AlmagestError("BUTLER.DATASET_MISSING", `There is no dataset ${ref.id}.`, {
        fields: { id: ref.id },
      });
    });
  };
  /** A written file must lie where the repository itself would have put it: no other path, no other dataset's file. */
  const requirePlanned = async (records: readonly LocatedDataset[]): Promise<void> => {
    const planned = await butler.planOutputs(records.map((record) => record.ref));
    records.forEach((record, index) => {
      if (record.component === undefined && record.path === planned[index]!.path) return;
      throw forbidden(caller, `register a file at '${record.path}'`);
    });
  };

  return {
    root: butler.root,
    universe: butler.universe,
    readOnly: butler.readOnly,
    defaultCollections: butler.defaultCollections,
    defaultRun: butler.defaultRun,
    insertRecords: async (...args) => {
      requireDefine();
      await butler.insertRecords(...args);
    },
    syncRecord: async (...args) => {
      requireDefine();
      return butler.syncRecord(...args);
    },
    queryRecords: butler.queryRecords,
    expandDataId: butler.expandDataId,
    expandDataIds: butler.expandDataIds,
    registerRun: async (name, doc) => {
      requireAccess("write", name);
      return butler.registerRun(name, doc);
    },
    registerCollection: async (name, kind, doc) => {
      requireAccess("write", name);
      return butler.registerCollection(name, kind, doc);
    },
    setChain: async (name, children) => {
      requireAccess("write", name);
      requireAccess("read", ...children);
      await butler.setChain(name, children);
    },
    prependChain: async (name, children) => {
      requireAccess("write", name);
      requireAccess("read", ...children);
      await butler.prependChain(name, children);
    },
    extendChain: async (name, children) => {
      requireAccess("write", name);
      requireAccess("read", ...children);
      await butler.extendChain(name, children);
    },
    removeFromChain: async (name, children) => {
      requireAccess("write", name);
      await butler.removeFromChain(name, children);
    },
    getCollection: async (name) => {
      requireAccess("read", name);
      return butler.getCollection(name);
    },
    queryCollections: async (glob = "*", options = {}) => {
      for (const name of [glob].flat()) if (!isGlob(name)) requireAccess("read", name);
      return (await butler.queryCollections(glob, options)).filter((info) => can("read", info.name));
    },
    summarizeCollections: async (names) => {
      requireAccess("read", ...names);
      return butler.summarizeCollections(names);
    },
    removeCollection: async (name) => {
      requireAccess("write", name);
      await butler.removeCollection(name);
    },
    removeRun: async (name, options) => {
      requireAccess("write", name);
      if (options?.unlinkFromChains) requireAccess("write", ...(await butler.getCollection(name)).parents);
      await butler.removeRun(name, options);
    },
    associate: async (collection, refs) => {
      requireAccess("write", collection);
      await butler.associate(collection, await requireKnown(refs));
    },
    disassociate: async (collection, refs) => {
      requireAccess("write", collection);
      await butler.disassociate(collection, await requireKnown(refs));
    },
    certify: async (collection, refs, timespan) => {
      requireAccess("write", collection);
      await butler.certify(collection, await requireKnown(refs), timespan);
    },
    decertify: async (collection, ...rest) => {
      requireAccess("write", collection);
      await butler.decertify(collection, ...rest);
    },
    queryAssociations: async (type, collections) => {
      const found = await butler.queryAssociations(type, await narrow(collections));
      return found.filter(({ ref }) => can("read", ref.run));
    },
    registerDatasetType: async (type) => {
      requireDefine();
      return butler.registerDatasetType(type);
    },
    getDatasetType: butler.getDatasetType,
    queryDatasetTypes: butler.queryDatasetTypes,
    removeDatasetType: async (name) => {
      requireDefine();
      await butler.removeDatasetType(name);
    },
    exists: async (ref) => {
      const found = (await real([ref])).get(ref.id);
      return found !== undefined && butler.exists(found);
    },
    getUri: async (ref) => butler.getUri((await requireKnown([ref]))[0]!),
    locate: async (refs) => {
      const known = await real(refs);
      const located = await butler.locate(refs);
      return located.map((item, index) => (known.has(refs[index]!.id) ? item : undefined));
    },
    storedFiles: async (refs) => {
      const known = await real(refs);
      const files = await butler.storedFiles(refs.map((ref) => known.get(ref.id) ?? ref));
      return files.map((list, index) => (known.has(refs[index]!.id) ? list : []));
    },
    makeRefs: butler.makeRefs,
    registerDatasets: async (refs) => {
      requireAccess("write", ...refs.map((ref) => ref.run));
      await butler.registerDatasets(refs);
    },
    planOutputs: async (refs) => {
      requireAccess("write", ...refs.map((ref) => ref.run));
      return butler.planOutputs(refs);
    },
    ingestOutputs: async (records) => {
      requireAccess("write", ...records.map((record) => record.ref.run));
      await requirePlanned(records);
      return butler.ingestOutputs(records);
    },
    prune: async (refs, options) => {
      const known = [...(await real(refs)).values()];
      requireAccess("write", ...known.map((ref) => ref.run));
      await butler.prune(known, options);
    },
    queryDatasets: async (type, options) =>
      readable(await butler.queryDatasets(type, await narrowed(options))),
    streamDatasets: async function* (type, options) {
      for await (const ref of butler.streamDatasets(type, await narrowed(options))) {
        if (can("read", ref.run)) yield ref;
      }
    },
    queryDataIds: async (dimensions, options) => butler.queryDataIds(dimensions, await narrowedIds(options)),
    queryDataIdTable: async (dimensions, options) =>
      butler.queryDataIdTable(dimensions, await narrowedIds(options)),
    streamRows: async function* ({ search, ...query }) {
      const { datasets } = await narrowedIds(query);
      const rest = { ...query, ...(datasets === undefined ? {} : { datasets }) };
      if (search === undefined) {
        yield* butler.streamRows(rest);
        return;
      }
      // The run decides what may be read: it is asked for with the rest, and taken off again.
      const asGiven = (search.findFirst ?? false) && [search.collections].flat().some(isGlob);
      const own = asGiven ? search : { ...search, collections: await narrow(search.collections) };
      const fields = [...(query.fields ?? []), `${search.datasetType}.run`];
      for await (const row of butler.streamRows({ ...rest, fields, search: own }))
        if (can("read", row.at(-1) as string)) yield row.slice(0, -1);
    },
    findDataset: async (type, dataId, options = {}) => {
      const collections = await narrow(options.collections);
      const found = await butler.findDataset(type, dataId, { ...options, collections });
      return found !== undefined && can("read", found.run) ? found : undefined;
    },
    findDatasets: async (type, dataIds, options = {}) => {
      const found = await butler.findDatasets(type, dataIds, {
        collections: await narrow(options.collections),
      });
      return found.map((ref) => (ref !== undefined && can("read", ref.run) ? ref : undefined));
    },
    explain: async (request) => {
      if ("datasets" in request)
        return butler.explain({ ...request, options: await narrowed(request.options) });
      if ("dataIds" in request)
        return butler.explain({ ...request, options: await narrowedIds(request.options) });
      return butler.explain(request);
    },
    getDatasets: async (ids) => readable(await butler.getDatasets(ids)),
    collectRecords: async (refs) => butler.collectRecords(await requireKnown(refs)),
    check: async (options) => {
      requireDefine();
      return butler.check(options);
    },
    validateConfiguration: butler.validateConfiguration,
  };
}
