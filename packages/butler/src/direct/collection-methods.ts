import { AlmagestError } from "@almagest/base";
import { sql } from "@almagest/database";
import type { CollectionApi, CollectionInfo } from "../api/collection-api.ts";
import { editChain } from "../collections/chain-edit.ts";
import type { CollectionRow } from "../collections/collection-store.ts";
import { summarizeCollections } from "../collections/collection-summary.ts";
import { associateTagged, disassociateTagged } from "../datasets/associations.ts";
import { certifyDatasets, decertifyDatasets } from "../datasets/calibrations.ts";
import { queryAssociations } from "../datasets/query-associations.ts";
import { type ButlerState, requireWriteable } from "./butler-state.ts";
import { pruneDatasets } from "./prune.ts";

async function withLinks(state: ButlerState, rows: readonly CollectionRow[]): Promise<CollectionInfo[]> {
  const links = await state.collections.links();
  const names = await state.collections.getByIds(links.flat());
  const children = new Map<number, string[]>();
  const parents = new Map<number, string[]>();
  const add = (map: Map<number, string[]>, key: number, name: string): void => {
    const list = map.get(key);
    if (list === undefined) map.set(key, [name]);
    else list.push(name);
  };
  for (const [parent, child] of links) {
    add(children, parent, names.get(child)!.name);
    add(parents, child, names.get(parent)!.name);
  }
  return rows.map((row) => ({
    name: row.name,
    kind: row.kind,
    doc: row.doc,
    children: children.get(row.id) ?? [],
    parents: (parents.get(row.id) ?? []).sort(),
  }));
}

async function deleteCollection(state: ButlerState, row: CollectionRow): Promise<void> {
  const { db } = state.repository;
  const parents = await db.rows(
    sql`SELECT c.name FROM collection_chain h JOIN collection c ON c.collection_id = h.parent WHERE h.child = ${row.id}`,
  );
  if (parents.length > 0) {
    const names = parents.map(([name]) => `'${name as string}'`).join(", ");
    throw new AlmagestError("BUTLER.COLLECTION_IN_USE", `'${row.name}' is still in the chain ${names}.`, {
      fields: { collection: row.name, parents: parents.flat() },
    });
  }
  await db.run(sql`DELETE FROM collection WHERE collection_id = ${row.id}`);
}

async function removeRun(state: ButlerState, name: string, unlink: boolean): Promise<void> {
  const { db } = state.repository;
  const run = await state.collections.get(name);
  if (run.kind !== "RUN") {
    throw new AlmagestError("BUTLER.COLLECTION_KIND", `'${name}' is a ${run.kind} collection, not RUN.`, {
      fields: { collection: name, kind: run.kind },
    });
  }
  const ids = await db.rows(sql`SELECT id FROM dataset WHERE run_id = ${run.id}`);
  if (unlink) await db.run(sql`DELETE FROM collection_chain WHERE child = ${run.id}`);
  await pruneDatasets(
    state,
    ids.map(([id]) => id as string),
    { purge: true },
  );
  await db.transaction(() => deleteCollection(state, run));
  state.collections.invalidate();
}

/** The methods of a Butler on collections. */
export function createCollectionMethods(state: ButlerState): CollectionApi {
  const { repository, collections, types, datasets } = state;
  const edit = async (
    name: string,
    how: "replace" | "prepend" | "extend" | "remove",
    children: readonly string[],
  ): Promise<void> => {
    requireWriteable(state);
    await editChain(repository, collections, name, how, children);
  };
  return {
    registerRun: async (name, doc) => {
      requireWriteable(state);
      return collections.register(name, "RUN", doc);
    },
    registerCollection: async (name, kind, doc) => {
      requireWriteable(state);
      return collections.register(name, kind, doc);
    },
    setChain: (name, children) => edit(name, "replace", children),
    prependChain: (name, children) => edit(name, "prepend", children),
    extendChain: (name, children) => edit(name, "extend", children),
    removeFromChain: (name, children) => edit(name, "remove", children),
    getCollection: async (name) => (await withLinks(state, [await collections.get(name)]))[0]!,
    queryCollections: async (glob = "*", options = {}) => {
      const rows = await collections.resolve(glob, { keepChains: !options.flatten });
      const { kinds } = options;
      return withLinks(state, kinds === undefined ? rows : rows.filter((row) => kinds.includes(row.kind)));
    },
    summarizeCollections: (names) => summarizeCollections(state, names),
    removeCollection: async (name) => {
      requireWriteable(state);
      const row = await collections.get(name);
      await repository.db.transaction(async () => {
        if (row.kind === "RUN") {
          const [used] = await repository.db.rows(
            sql`SELECT 1 FROM dataset WHERE run_id = ${row.id} LIMIT 1`,
          );
          if (used !== undefined) {
            throw new AlmagestError(
              "BUTLER.COLLECTION_IN_USE",
              `The run '${name}' holds datasets; use removeRun.`,
              {
                fields: { collection: name },
              },
            );
          }
        }
        await deleteCollection(state, row);
      });
      collections.invalidate();
    },
    removeRun: async (name, options = {}) => {
      requireWriteable(state);
      await removeRun(state, name, options.unlinkFromChains ?? false);
    },
    associate: async (collection, refs) => {
      requireWriteable(state);
      await associateTagged(repository, types, datasets, await collections.get(collection), refs);
    },
    disassociate: async (collection, refs) => {
      requireWriteable(state);
      await disassociateTagged(repository, types, await collections.get(collection), refs);
    },
    certify: async (collection, refs, timespan) => {
      requireWriteable(state);
      await certifyDatasets(repository, types, datasets, await collections.get(collection), refs, timespan);
    },
    decertify: async (collection, datasetType, timespan, options = {}) => {
      requireWriteable(state);
      const type = await types.get(datasetType);
      await decertifyDatasets(repository, type, await collections.get(collection), timespan, options.dataIds);
    },
    queryAssociations: (datasetType, expression) => queryAssociations(state, datasetType, expression),
  };
}
