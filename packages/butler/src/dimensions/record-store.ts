import { AlmagestError, isAlmagestError } from "@almagest/base";
import { identifier, joinSql, type Sql, type SqlValue, sql } from "@almagest/database";
import type { Repository } from "../repository/repository.ts";
import { timespanSql } from "../repository/sql-codec.ts";
import { keyColumns } from "../schema/element-tables.ts";
import type { DataId, DataIdValue, DimensionRecord } from "../types.ts";
import type { DimensionElement } from "./dimension-element.ts";
import { createForeignCache } from "./record-cache.ts";
import { decodeRecord, encodeRecord, physicalColumns } from "./record-codec.ts";
import { insertOverlapSummaries, insertOverlaps } from "./skypix-overlap.ts";

const KEYS_PER_QUERY = 200;

/** Reads and writes the records of dimension elements. */
export interface RecordStore {
  insert(
    elementName: string,
    records: readonly DimensionRecord[],
    options?: { readonly skipExisting?: boolean; readonly replace?: boolean },
  ): Promise<void>;
  sync(
    elementName: string,
    record: DimensionRecord,
    options?: { readonly update?: boolean },
  ): Promise<boolean>;
  /** Records by the required values of each data id (missing ones undefined); cached. */
  fetch(element: DimensionElement, dataIds: readonly DataId[]): Promise<(DimensionRecord | undefined)[]>;
  /** Forget what was read. */
  invalidate(): void;
}

/** The columns of an element's table as SQL, in the order `decodeRecord` expects. */
export function recordColumnsSql(repository: Repository, element: DimensionElement, alias: string): Sql {
  return joinSql(
    element.columns.flatMap((column) => {
      if (column.type !== "timespan") return [identifier(alias, column.name)];
      const { begin, end } = timespanSql(repository.db.dialect, `"${alias}"`);
      return [begin, end];
    }),
  );
}

/** True where a row of this element may hold integers beyond 2^53. */
export function needsBigInts(element: DimensionElement): boolean {
  return element.temporalFamily !== undefined;
}

function elementWithTable(repository: Repository, name: string): DimensionElement {
  const element = repository.universe.element(name);
  if (element.columns.length === 0 || !element.hasTable) {
    throw new AlmagestError(
      "BUTLER.RECORD_INVALID",
      `Records of '${name}' are not stored; ${element.impliedUnionTarget ? `they follow from ${element.impliedUnionTarget}` : "they are pixels of the sky"}.`,
      { fields: { element: name } },
    );
  }
  return element;
}

/** The store of dimension records of a repository. */
export function createRecordStore(repository: Repository): RecordStore {
  const { db } = repository;
  const cache = createForeignCache<DimensionRecord>(db);
  const cacheKey = (element: DimensionElement, key: readonly SqlValue[]): string =>
    `${element.name}\u0001${key.join("\u0001")}`;

  async function existingRows(
    element: DimensionElement,
    keys: readonly (readonly SqlValue[])[],
  ): Promise<SqlValue[][]> {
    const names = keyColumns(element);
    const found: SqlValue[][] = [];
    for (let start = 0; start < keys.length; start += KEYS_PER_QUERY) {
      const chunk = keys.slice(start, start + KEYS_PER_QUERY);
      const tuples = chunk.map((key) => sql`(${joinSql(key)})`);
      const where =
        chunk.length === 1
          ? joinSql(
              names.map((name, index) => sql`${identifier(element.name, name)} = ${chunk[0]![index]!}`),
              " AND ",
            )
          : sql`(${joinSql(names.map((name) => identifier(element.name, name)))}) IN (VALUES ${joinSql(tuples)})`;
      const rows = await db.rows(
        sql`SELECT ${recordColumnsSql(repository, element, element.name)} FROM ${identifier(element.name)} WHERE ${where}`,
        { bigInts: needsBigInts(element) },
      );
      found.push(...rows);
    }
    return found;
  }

  const keyOfRow = (
    element: DimensionElement,
    columns: readonly string[],
    row: readonly SqlValue[],
  ): SqlValue[] => keyColumns(element).map((name) => row[columns.indexOf(name)]!);

  async function insertRows(
    element: DimensionElement,
    rows: readonly SqlValue[][],
    options: { readonly replace: boolean },
  ): Promise<void> {
    const columns = physicalColumns(element, db.dialect);
    await db.insertMany(element.name, columns, rows, {
      onConflict: options.replace ? { replaceBy: keyColumns(element) } : "error",
    });
    if (element.spatialFamily !== undefined)
      await insertOverlaps(repository, element, columns, rows, options);
    if (element.isGovernor) {
      await insertOverlapSummaries(
        repository,
        element,
        rows.map((row) => keyOfRow(element, columns, row)[0] as string),
      );
    }
    for (const row of rows) cache.delete(cacheKey(element, keyOfRow(element, columns, row)));
  }

  async function explain(
    element: DimensionElement,
    rows: readonly SqlValue[][],
    cause: unknown,
  ): Promise<unknown> {
    if (!isAlmagestError(cause, "DATABASE.CONSTRAINT")) return cause;
    const columns = physicalColumns(element, db.dialect);
    const keys = rows.map((row) => keyOfRow(element, columns, row));
    const existing = await existingRows(element, keys);
    if (existing.length > 0) {
      const key = keyOfRow(
        element,
        element.columns.flatMap((c) => (c.type === "timespan" ? [c.name, c.name] : [c.name])),
        existing[0]!,
      );
      return new AlmagestError(
        "BUTLER.RECORD_CONFLICT",
        `A record of ${element.name} with key ${key.join(", ")} exists already.`,
        { cause, fields: { element: element.name, key } },
      );
    }
    for (const name of [...element.required, ...element.implied]) {
      const target = repository.universe.element(name);
      if (name === element.name || !target.hasTable || target.columns.length === 0) continue;
      for (const row of rows) {
        const key = target.required.map((dimension) => row[columns.indexOf(dimension)]!);
        if (key.includes(undefined as never) || (await existingRows(target, [key])).length > 0) continue;
        return new AlmagestError(
          "BUTLER.RECORD_MISSING",
          `A record of ${element.name} refers to ${name} ${key.join(", ")}, which is not in the repository; insert it first.`,
          { cause, fields: { element: element.name, refersTo: name, key } },
        );
      }
    }
    return new AlmagestError(
      "BUTLER.RECORD_CONFLICT",
      `A record of ${element.name} repeats a value that must be unique (${(cause as Error).message})`,
      { cause, fields: { element: element.name } },
    );
  }

  const store: RecordStore = {
    insert: async (elementName, records, options = {}) => {
      const element = elementWithTable(repository, elementName);
      const columns = physicalColumns(element, db.dialect);
      let rows = records.map((record) => encodeRecord(element, record, db.dialect));
      await db.transaction(async () => {
        if (options.skipExisting && !options.replace) {
          const logical = element.columns.flatMap((c) =>
            c.type === "timespan" ? [c.name, c.name] : [c.name],
          );
          const present = new Set(
            (
              await existingRows(
                element,
                rows.map((row) => keyOfRow(element, columns, row)),
              )
            ).map((row) => cacheKey(element, keyOfRow(element, logical, row))),
          );
          rows = rows.filter((row) => {
            const key = cacheKey(element, keyOfRow(element, columns, row));
            if (present.has(key)) return false;
            present.add(key);
            return true;
          });
        }
        try {
          await insertRows(element, rows, { replace: options.replace ?? false });
        } catch (error) {
          throw await explain(element, rows, error);
        }
      });
    },

    sync: async (elementName, record, options = {}) => {
      const element = elementWithTable(repository, elementName);
      const columns = physicalColumns(element, db.dialect);
      const row = encodeRecord(element, record, db.dialect);
      return db.transaction(async () => {
        const [existing] = await existingRows(element, [keyOfRow(element, columns, row)]);
        if (existing === undefined) {
          await store.insert(elementName, [record]);
          return true;
        }
        const stored = decodeRecord(element, existing);
        const storedRow = encodeRecord(element, stored, db.dialect);
        const given = new Set(Object.keys(record));
        const different = columns.filter((name, index) => {
          const field = name.startsWith("timespan") ? "timespan" : name;
          return given.has(field) && !sameValue(row[index]!, storedRow[index]!);
        });
        if (different.length === 0) return false;
        if (!options.update) {
          throw new AlmagestError(
            "BUTLER.RECORD_CONFLICT",
            `The record of ${elementName} stored in the repository differs in ${different.join(", ")}.`,
            { fields: { element: elementName, fields: different } },
          );
        }
        await store.insert(elementName, [{ ...stored, ...record }], { replace: true });
        return true;
      });
    },

    fetch: async (element, dataIds) => {
      await cache.refresh();
      const keys = dataIds.map((dataId) => element.required.map((name) => dataId[name] as DataIdValue));
      const wanted = new Map<string, DataIdValue[]>();
      const found = new Map<string, DimensionRecord>();
      for (const key of keys) {
        const text = cacheKey(element, key);
        const cached = cache.get(text);
        if (cached !== undefined) found.set(text, cached);
        else wanted.set(text, key);
      }
      if (wanted.size > 0) {
        const names = keyColumns(element);
        for (const row of await existingRows(element, [...wanted.values()])) {
          const record = decodeRecord(element, row);
          const text = cacheKey(
            element,
            names.map((name) => record[name] as SqlValue),
          );
          cache.set(text, record);
          found.set(text, record);
        }
      }
      return keys.map((key) => found.get(cacheKey(element, key)));
    },

    invalidate: () => cache.clear(),
  };
  return store;
}

function sameValue(a: SqlValue, b: SqlValue): boolean {
  return a === b || (typeof a !== "object" && typeof b !== "object" && String(a) === String(b));
}
