import { AlmagestError } from "@almagest/base";
import type { OutputRecord } from "../api/dataset-api.ts";
import { type FileRecord, WHOLE_DATASET } from "../datastore/file-records.ts";
import { decodeUuid } from "../repository/sql-codec.ts";

const RECORD_CLASS = "lsst.daf.butler.datastore.stored_file_info.StoredFileInfo";

type Tree = Readonly<Record<string, unknown>>;

/** One stored file as the original writes it into documents. */
interface RecordModel {
  readonly formatter: string;
  readonly path: string;
  readonly storage_class: string;
  readonly component: string | null;
  readonly checksum: string | null;
  readonly file_size: number;
}

/** Records of one datastore: by record class, dataset id in hex, and table. */
export interface DatastoreRecordsModel {
  readonly dataset_ids: readonly string[];
  readonly records: Readonly<
    Record<string, Readonly<Record<string, Readonly<Record<string, readonly RecordModel[]>>>>>
  >;
}

/** Records of stored files by name of the datastore: what a quantum graph says of its quanta's inputs (`datastore_records`). */
export type DatastoreRecords = Readonly<Record<string, DatastoreRecordsModel>>;

function invalid(name: string, problem: string): AlmagestError {
  return new AlmagestError("BUTLER.IMPORT_INVALID", `The records of datastore '${name}' ${problem}.`, {
    fields: { datastore: name },
  });
}

function treeOf(value: unknown, name: string): Tree {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Tree;
  throw invalid(name, "are no table");
}

function parseRecord(id: string, value: unknown, name: string): FileRecord {
  const { path, formatter, storage_class, component, checksum, file_size } = treeOf(value, name);
  if (typeof path !== "string" || typeof formatter !== "string" || typeof storage_class !== "string") {
    throw invalid(name, `lack path, formatter or storage class of ${id}`);
  }
  return {
    id,
    path,
    formatter,
    storageClass: storage_class,
    component:
      typeof component !== "string" || component === WHOLE_DATASET ? undefined : component || undefined,
    checksum: typeof checksum === "string" ? checksum : undefined,
    sizeBytes: Number(file_size ?? -1),
  };
}

/** Files by dataset id that a document records for one datastore. Throws `BUTLER.IMPORT_INVALID`. */
export function parseDatastoreRecords(
  document: Readonly<Record<string, unknown>>,
  name: string,
): Map<string, FileRecord[]> {
  const found = new Map<string, FileRecord[]>();
  const own = Object.hasOwn(document, name) ? document[name] : undefined;
  if (own === undefined || own === null) return found;
  for (const ofClass of Object.values(treeOf(treeOf(own, name).records, name))) {
    for (const [hex, tables] of Object.entries(treeOf(ofClass, name))) {
      const id = decodeUuid(hex.toLowerCase());
      const files = Object.values(treeOf(tables, name)).flatMap((rows) => {
        if (!Array.isArray(rows)) throw invalid(name, `of ${id} are no list`);
        return rows.map((row) => parseRecord(id, row, name));
      });
      found.set(id, [...(found.get(id) ?? []), ...files]);
    }
  }
  return found;
}

/** A stored file as the original writes it into documents, which tell differently that no component is meant. */
export function describeFile(file: OutputRecord, noComponent: string | null): RecordModel {
  return {
    formatter: file.formatter,
    path: file.path,
    storage_class: file.storageClass,
    component: file.component ?? noComponent,
    checksum: file.checksum ?? null,
    file_size: file.sizeBytes,
  };
}

/** The records of stored files as the original's quantum graphs and quantum-backed Butler take them. */
export function formatDatastoreRecords(
  files: readonly OutputRecord[],
  datastore: { readonly name: string; readonly table: string },
): DatastoreRecords {
  const byId = Map.groupBy(files, ({ ref }) => ref.id);
  const records = [...byId].map(([id, own]): [string, Record<string, RecordModel[]>] => [
    id.replaceAll("-", ""),
    {
      [datastore.table]: own.map((file) => describeFile(file, WHOLE_DATASET)),
    },
  ]);
  return {
    [datastore.name]: {
      dataset_ids: [...byId.keys()],
      records: records.length === 0 ? {} : { [RECORD_CLASS]: Object.fromEntries(records) },
    },
  };
}
