import { AlmagestError } from "@almagest/base";
import type { SqlValue } from "@almagest/database";
import type { Repository } from "../repository/repository.ts";
import { keyColumns } from "../schema/element-tables.ts";
import type { DataId, DataIdValue, DimensionRecord } from "../types.ts";
import type { DimensionElement } from "./dimension-element.ts";
import { explainRecordFailure } from "./explain-record-failure.ts";
import { createForeignCache } from "./record-cache.ts";
import { decodeRecord, encodeRecord, physicalColumns } from "./record-codec.ts";
import { keyOfRow, keyText, selectRows } from "./record-rows.ts";
import { insertOverlapSummaries, insertOverlaps } from "./skypix-overlap.ts";

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
  /** Drops what others have changed since; before the first of several `fetch` that belong together. */
  refresh(): Promise<void>;
  /** Records by the required values of each data id (missing ones undefined); cached: see `refresh`. */
  fetch(element: DimensionElement, dataIds: readonly DataId[]): Promise<(DimensionRecord | undefined)[]>;
  /** Forget what was read. */
  invalidate(): void;
}

function elementWithTable(repository: Repository, name: string): DimensionElement {
  const element = repository.universe.element(name);
  if (element.columns.length > 0 && element.hasTable) return element;
  const why =
    element.impliedUnionTarget === undefined
      ? "they are pixels of the sky"
      : `they follow from ${element.impliedUnionTarget}`;
  throw new AlmagestError("BUTLER.RECORD_INVALID", `Records of '${name}' are not stored; ${why}.`, {
    fields: { element: name },
  });
}

function sameValue(a: SqlValue, b: SqlValue): boolean {
  return a === b || (typeof a !== "object" && typeof b !== "object" && String(a) === String(b));
}

/** Names of the given fields in which a stored record differs. */
function differences(
  repository: Repository,
  element: DimensionElement,
  given: DimensionRecord,
  stored: DimensionRecord,
): string[] {
  const { dialect } = repository.db;
  const [a, b] = [given, stored].map((record) => encodeRecord(element, record, dialect));
  const fields = physicalColumns(element, dialect).map((name) =>
    name.startsWith("timespan") ? "timespan" : name,
  );
  const differing = fields.filter((field, index) => field in given && !sameValue(a![index]!, b![index]!));
  return [...new Set(differing)];
}

/** The store of dimension records of a repository. */
export function createRecordStore(repository: Repository): RecordStore {
  const { db } = repository;
  const cache = createForeignCache<DimensionRecord>(db);

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
      const names = rows.map((row) => row[0] as string);
      await insertOverlapSummaries(repository, element, names);
    }
    for (const row of rows) cache.delete(keyText(element, keyOfRow(element, row)));
  }

  /** Rows whose key neither exists nor occurs before among them. */
  async function newRows(element: DimensionElement, rows: readonly SqlValue[][]): Promise<SqlValue[][]> {
    const textOf = (row: readonly SqlValue[]): string => keyText(element, keyOfRow(element, row));
    const keys = rows.map((row) => keyOfRow(element, row));
    const present = new Set((await selectRows(repository, element, keys)).map(textOf));
    return rows.filter((row) => {
      const text = textOf(row);
      const isNew = !present.has(text);
      present.add(text);
      return isNew;
    });
  }

  const store: RecordStore = {
    insert: async (elementName, records, options = {}) => {
      const element = elementWithTable(repository, elementName);
      const given = records.map((record) => encodeRecord(element, record, db.dialect));
      const replace = options.replace ?? false;
      let rows = given;
      try {
        await db.transaction(async () => {
          rows = options.skipExisting && !replace ? await newRows(element, given) : given;
          await insertRows(element, rows, { replace });
        });
      } catch (error) {
        throw await explainRecordFailure(repository, element, rows, error);
      }
    },

    sync: async (elementName, record, options = {}) => {
      const element = elementWithTable(repository, elementName);
      const key = keyOfRow(element, encodeRecord(element, record, db.dialect));
      return db.transaction(async () => {
        const [existing] = await selectRows(repository, element, [key]);
        if (existing === undefined) {
          await store.insert(elementName, [record]);
          return true;
        }
        const stored = decodeRecord(element, existing);
        const different = differences(repository, element, record, stored);
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

    refresh: () => cache.refresh(),

    fetch: async (element, dataIds) => {
      const wanted = new Map<string, DataIdValue[]>();
      const found = new Map<string, DimensionRecord>();
      const texts = dataIds.map((dataId) => {
        const key = element.required.map((name) => dataId[name] as DataIdValue);
        const text = keyText(element, key);
        const cached = cache.get(text);
        if (cached !== undefined) found.set(text, cached);
        else wanted.set(text, key);
        return text;
      });
      if (wanted.size > 0) {
        for (const row of await selectRows(repository, element, [...wanted.values()])) {
          const text = keyText(element, keyOfRow(element, row));
          const record = decodeRecord(element, row);
          cache.set(text, record);
          found.set(text, record);
        }
      }
      return texts.map((text) => found.get(text));
    },

    invalidate: () => cache.clear(),
  };
  return store;
}
