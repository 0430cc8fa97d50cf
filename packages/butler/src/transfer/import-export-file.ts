import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { AlmagestError } from "@almagest/base";
import { toLocalPath } from "@almagest/resources";
import type { IngestFile, IngestMode } from "../api/dataset-api.ts";
import { editChain } from "../collections/chain-edit.ts";
import { associateTagged } from "../datasets/associations.ts";
import { certifyDatasets } from "../datasets/calibrations.ts";
import type { ButlerState } from "../direct/butler-state.ts";
import { ingestFiles } from "../direct/ingest.ts";
import type { UndoLog } from "../direct/undo-log.ts";
import { decodeUuid, newDatasetId } from "../repository/sql-codec.ts";
import type { DataId, DatasetRef } from "../types.ts";
import {
  type ExportDocument,
  type ExportEntry,
  type ExportFile,
  parseExportFile,
  toDimensionRecord,
} from "./export-file.ts";
import { migrateRecords } from "./migrate-records.ts";

/** How to import. */
export interface ImportOptions {
  /** Folder of the export's files; that of the export file unless told. */
  readonly directory?: string;
  /** What becomes of the files; without it only the registry is filled. */
  readonly mode?: IngestMode;
  /** Leave out the records of these elements. */
  readonly skipDimensions?: readonly string[];
}

/** What an import brought. */
export interface ImportReport {
  readonly records: Readonly<Record<string, number>>;
  readonly collections: number;
  readonly datasetTypes: number;
  readonly datasets: number;
}

type Entry<T extends ExportEntry["type"]> = ExportEntry & { readonly type: T };

function entriesOf<T extends ExportEntry["type"]>(document: ExportDocument, type: T): Entry<T>[] {
  return document.entries.filter((entry): entry is Entry<T> => entry.type === type);
}

async function importRecords(
  state: ButlerState,
  document: ExportDocument,
  skip: ReadonlySet<string>,
): Promise<Record<string, number>> {
  const { universe } = state.repository;
  const raw = entriesOf(document, "dimension").map((entry) => [entry.element, entry.records] as const);
  const records = migrateRecords(raw, document.universeVersion);
  const counts: Record<string, number> = {};
  // In universe order every reference is to what is there already.
  for (const element of universe.elements.values()) {
    const rows = records.get(element.name);
    if (rows === undefined || skip.has(element.name) || !element.hasTable) continue;
    await state.records.insert(element.name, rows.map(toDimensionRecord), { skipExisting: true });
    counts[element.name] = rows.length;
  }
  return counts;
}

async function importCollections(state: ButlerState, document: ExportDocument): Promise<number> {
  const runs = entriesOf(document, "run");
  const collections = entriesOf(document, "collection");
  for (const run of runs) await state.collections.register(run.name, "RUN");
  for (const entry of collections) {
    await state.collections.register(entry.name, entry.collection_type, entry.doc ?? undefined);
  }
  for (const entry of collections) {
    if (entry.collection_type !== "CHAINED") continue;
    const children = (entry.children ?? []).map((child) => (typeof child === "string" ? child : child[0]));
    await editChain(state.repository, state.collections, entry.name, "replace", children);
  }
  return runs.length + collections.length;
}

interface ImportedFile {
  readonly refs: readonly DatasetRef[];
  readonly file: ExportFile;
}

async function filesToImport(state: ButlerState, document: ExportDocument): Promise<ImportedFile[]> {
  const { universe, clock } = state.repository;
  const integerIds = new Map<number, string>();
  const idOf = (id: string | number): string => {
    if (typeof id === "string") return decodeUuid(id);
    const known = integerIds.get(id) ?? newDatasetId(clock);
    integerIds.set(id, known);
    return known;
  };
  const files: ImportedFile[] = [];
  for (const entry of entriesOf(document, "dataset")) {
    const type = await state.types.get(entry.dataset_type);
    for (const file of entry.records) {
      const ids = [file.dataset_id].flat() as (string | number)[];
      const dataIds = [file.data_id].flat() as DataId[];
      const refs = ids.map((id, index) => ({
        id: idOf(id),
        datasetType: type.type,
        dataId: universe.conform(dataIds[index] ?? {}, type.group),
        run: entry.run,
      }));
      files.push({ refs, file });
    }
  }
  return files;
}

async function importDatasets(
  state: ButlerState,
  undo: UndoLog,
  files: readonly ImportedFile[],
  directory: string,
  mode: IngestMode | undefined,
): Promise<void> {
  for (const [run, members] of Map.groupBy(files, ({ refs }) => refs[0]?.run ?? "")) {
    if (mode === undefined) {
      for (const [typeName, same] of Map.groupBy(members, ({ refs }) => refs[0]!.datasetType.name)) {
        const type = await state.types.get(typeName);
        const collection = await state.collections.get(run);
        await state.commit(() =>
          state.datasets.insert(
            type,
            collection,
            same.flatMap(({ refs }) => refs),
          ),
        );
      }
      continue;
    }
    const list = members.flatMap(({ refs, file }) =>
      refs.map((ref): IngestFile => {
        if (file.path === undefined) {
          throw new AlmagestError(
            "BUTLER.IMPORT_INVALID",
            `The export names no file for dataset ${ref.id}.`,
            {
              fields: { id: ref.id },
            },
          );
        }
        return {
          path: isAbsolute(file.path) || file.path.includes("://") ? file.path : join(directory, file.path),
          datasetType: ref.datasetType.name,
          dataId: ref.dataId,
          id: ref.id,
          ...(file.formatter === undefined ? {} : { formatter: file.formatter }),
        };
      }),
    );
    await ingestFiles(state, undo, list, { mode, run });
  }
}

async function importAssociations(
  state: ButlerState,
  document: ExportDocument,
  refs: ReadonlyMap<string, DatasetRef>,
): Promise<void> {
  const { repository, types, datasets, collections } = state;
  const refsOf = (ids: readonly (string | number)[]): DatasetRef[] =>
    ids.map((id) => {
      const ref = refs.get(decodeUuid(String(id)));
      if (ref === undefined) {
        throw new AlmagestError("BUTLER.IMPORT_INVALID", `An association names the unknown dataset ${id}.`, {
          fields: { id },
        });
      }
      return ref;
    });
  for (const entry of entriesOf(document, "associations")) {
    const collection = await collections.get(entry.collection);
    if (entry.collection_type === "TAGGED") {
      await associateTagged(repository, types, datasets, collection, refsOf(entry.dataset_ids ?? []));
    }
    for (const { timespan, begin, end, dataset_ids: ids } of entry.validity_ranges ?? []) {
      const span = timespan ?? {
        ...(typeof begin === "bigint" ? { begin } : {}),
        ...(typeof end === "bigint" ? { end } : {}),
      };
      await certifyDatasets(repository, types, datasets, collection, refsOf(ids), span);
    }
  }
}

/** Imports an export file: records, collections, dataset types, datasets and their associations. What exists already in
 * the same form stays. Throws `BUTLER.IMPORT_INVALID`. */
export async function importExportFile(
  state: ButlerState,
  undo: UndoLog,
  path: string,
  options: ImportOptions,
): Promise<ImportReport> {
  const local = toLocalPath(path);
  const document = parseExportFile(await readFile(local, "utf8"));
  return undo.run(() =>
    state.repository.db.transaction(
      async () => {
        const records = await importRecords(state, document, new Set(options.skipDimensions ?? []));
        const collections = await importCollections(state, document);
        const types = entriesOf(document, "dataset_type");
        for (const entry of types) {
          await state.types.register({
            name: entry.name,
            dimensions:
              document.universeVersion < 2
                ? entry.dimensions.filter((name) => name !== "visit_system")
                : entry.dimensions,
            storageClass: entry.storage_class,
            isCalibration: entry.is_calibration ?? false,
          });
        }
        const files = await filesToImport(state, document);
        await importDatasets(state, undo, files, options.directory ?? dirname(local), options.mode);
        const refs = new Map(files.flatMap(({ refs: list }) => list.map((ref) => [ref.id, ref] as const)));
        await importAssociations(state, document, refs);
        return {
          records,
          collections,
          datasetTypes: new Set(types.map((type) => type.name)).size,
          datasets: refs.size,
        };
      },
      { rerun: "never" },
    ),
  );
}
