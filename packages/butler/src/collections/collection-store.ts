import { AlmagestError } from "@almagest/base";
import { joinSql, type SqlValue, sql } from "@almagest/database";
import { createForeignCache } from "../dimensions/record-cache.ts";
import { checkCollectionName, globToRegExp, isGlob } from "../repository/name-pattern.ts";
import type { Repository } from "../repository/repository.ts";
import type { CollectionKind } from "../types.ts";

/** A row of the collection table. */
export interface CollectionRow {
  readonly id: number;
  readonly name: string;
  readonly kind: CollectionKind;
  readonly doc: string;
}

const KINDS: readonly CollectionKind[] = ["RUN", "TAGGED", "CHAINED", "CALIBRATION"];

/** The number that stands for a kind in the database: RUN 1, TAGGED 2, CHAINED 3, CALIBRATION 4. */
export function kindNumber(kind: CollectionKind): number {
  return KINDS.indexOf(kind) + 1;
}

/** Reads and writes collections by name, with a cache that others' changes empty. */
export interface CollectionStore {
  find(name: string): Promise<CollectionRow | undefined>;
  /** Throws `BUTLER.COLLECTION_MISSING`. */
  get(name: string): Promise<CollectionRow>;
  getByIds(ids: readonly number[]): Promise<ReadonlyMap<number, CollectionRow>>;
  children(parent: CollectionRow): Promise<readonly CollectionRow[]>;
  register(name: string, kind: CollectionKind, doc?: string): Promise<boolean>;
  /** Every collection, ordered by name. */
  list(): Promise<CollectionRow[]>;
  /** Chain memberships of the whole repository: parent id and child id in search order. */
  links(): Promise<(readonly [parent: number, child: number])[]>;
  /**
   * Collections in search order: names as given, globs by name; chains replaced by their members depth first unless
   * `keepChains`; each once, at its first place. Throws `BUTLER.COLLECTION_MISSING` for a name, not for a glob.
   */
  resolve(
    expression: string | readonly string[],
    options?: { readonly keepChains?: boolean },
  ): Promise<CollectionRow[]>;
  /** Forget what was read; call after writing. */
  invalidate(): void;
}

function toRow([id, name, type, doc]: readonly SqlValue[]): CollectionRow {
  return {
    id: Number(id),
    name: name as string,
    kind: KINDS[Number(type) - 1]!,
    doc: (doc as string | null) ?? "",
  };
}

/** The store of collections of a repository. */
export function createCollectionStore(repository: Repository): CollectionStore {
  const { db } = repository;
  const byName = createForeignCache<CollectionRow>(db);
  const chains = createForeignCache<readonly CollectionRow[]>(db);
  const byId = createForeignCache<CollectionRow>(db);

  const remember = (row: CollectionRow): CollectionRow => {
    byName.set(row.name, row);
    byId.set(String(row.id), row);
    return row;
  };
  const refresh = async (): Promise<void> => {
    await byName.refresh();
    await byId.refresh();
    await chains.refresh();
  };

  async function findFresh(name: string): Promise<CollectionRow | undefined> {
    const cached = byName.get(name);
    if (cached !== undefined) return cached;
    const [row] = await db.rows(
      sql`SELECT collection_id, name, type, doc FROM collection WHERE name = ${name}`,
    );
    return row === undefined ? undefined : remember(toRow(row));
  }

  const missing = (name: string): AlmagestError =>
    new AlmagestError("BUTLER.COLLECTION_MISSING", `There is no collection '${name}'.`, {
      fields: { collection: name },
    });

  async function childrenFresh(parent: CollectionRow): Promise<readonly CollectionRow[]> {
    const key = String(parent.id);
    let found = chains.get(key);
    if (found === undefined) {
      const rows = await db.rows(
        sql`SELECT c.collection_id, c.name, c.type, c.doc FROM collection_chain h
            JOIN collection c ON c.collection_id = h.child WHERE h.parent = ${parent.id} ORDER BY h.position`,
      );
      found = rows.map((row) => remember(toRow(row)));
      chains.set(key, found);
    }
    return found;
  }

  const store: CollectionStore = {
    find: async (name) => {
      await refresh();
      return findFresh(name);
    },
    get: async (name) => {
      const row = await store.find(name);
      if (row === undefined) throw missing(name);
      return row;
    },
    getByIds: async (ids) => {
      await refresh();
      const wanted = [...new Set(ids)].filter((id) => byId.get(String(id)) === undefined);
      for (let start = 0; start < wanted.length; start += 500) {
        const rows = await db.rows(
          sql`SELECT collection_id, name, type, doc FROM collection WHERE collection_id IN (${joinSql(wanted.slice(start, start + 500))})`,
        );
        for (const row of rows) remember(toRow(row));
      }
      return new Map(ids.map((id) => [id, byId.get(String(id))!]));
    },
    children: async (parent) => {
      await refresh();
      return childrenFresh(parent);
    },
    register: async (name, kind, doc) => {
      checkCollectionName(name);
      const present = await store.find(name);
      if (present !== undefined) {
        if (present.kind === kind) return false;
        throw new AlmagestError(
          "BUTLER.COLLECTION_KIND",
          `'${name}' is a ${present.kind} collection, not ${kind}.`,
          { fields: { collection: name, kind: present.kind } },
        );
      }
      const inserted = await db.transaction(async () => {
        const values = sql`${name}, ${kindNumber(kind)}, ${doc ?? null}`;
        const changes = await db.run(
          db.dialect === "sqlite"
            ? sql`INSERT INTO collection (name, type, doc) VALUES (${values}) ON CONFLICT DO NOTHING`
            : sql`INSERT INTO collection (collection_id, name, type, doc)
                  VALUES (nextval('collection_seq_collection_id'), ${values}) ON CONFLICT DO NOTHING`,
        );
        if (changes > 0 && kind === "RUN") {
          await db.run(
            sql`INSERT INTO run (collection_id) SELECT collection_id FROM collection WHERE name = ${name}`,
          );
        }
        return changes > 0;
      });
      store.invalidate();
      return inserted || store.register(name, kind, doc);
    },
    list: async () => {
      const rows = await db.rows(sql`SELECT collection_id, name, type, doc FROM collection ORDER BY name`);
      return rows.map(toRow);
    },
    links: async () => {
      const rows = await db.rows(sql`SELECT parent, child FROM collection_chain ORDER BY parent, position`);
      return rows.map(([parent, child]) => [Number(parent), Number(child)] as const);
    },
    resolve: async (expression, options = {}) => {
      await refresh();
      const patterns = typeof expression === "string" ? [expression] : expression;
      const all = patterns.some(isGlob) ? await store.list() : [];
      const seen = new Set<number>();
      const resolved: CollectionRow[] = [];
      const visit = async (row: CollectionRow): Promise<void> => {
        if (seen.has(row.id)) return;
        seen.add(row.id);
        if (row.kind !== "CHAINED" || options.keepChains) resolved.push(row);
        else for (const child of await childrenFresh(row)) await visit(child);
      };
      for (const pattern of patterns) {
        if (isGlob(pattern)) {
          const matches = globToRegExp(pattern);
          for (const row of all) if (matches.test(row.name)) await visit(row);
        } else {
          const row = await findFresh(pattern);
          if (row === undefined) throw missing(pattern);
          await visit(row);
        }
      }
      return resolved;
    },
    invalidate: () => {
      byName.clear();
      byId.clear();
      chains.clear();
    },
  };
  return store;
}
