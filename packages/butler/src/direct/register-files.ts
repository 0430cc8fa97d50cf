import { statSync } from "node:fs";
import { AlmagestError } from "@almagest/base";
import type { LocatedDataset } from "../api/dataset-api.ts";
import type { CollectionRow } from "../collections/collection-store.ts";
import { datasetConflict } from "../datasets/dataset-store.ts";
import type { DatasetTypeRow } from "../datasets/dataset-type-store.ts";
import { localPathOf } from "../datastore/dataset-files.ts";
import { insertFiles } from "../datastore/file-records.ts";
import type { DatasetRef } from "../types.ts";
import type { ButlerState } from "./butler-state.ts";

/** A dataset with its file, ready to be registered. */
export interface NewFile extends LocatedDataset {
  readonly sizeBytes: number;
  readonly checksum?: string;
  /** The file's inode, where it must still be the one just written. */
  readonly inode?: number;
}

function bunch(files: readonly NewFile[]): Map<string, NewFile[]> {
  const bunches = new Map<string, NewFile[]>();
  for (const file of files) {
    const key = `${file.ref.run}\u0001${file.ref.datasetType.name}`;
    const list = bunches.get(key);
    if (list === undefined) bunches.set(key, [file]);
    else list.push(file);
  }
  return bunches;
}

function checkSame(given: DatasetRef, type: DatasetTypeRow, run: CollectionRow, stored: DatasetRef): void {
  const same =
    stored.run === run.name &&
    stored.datasetType.name === type.type.name &&
    type.group.required.every((name) => stored.dataId[name] === given.dataId[name]);
  if (same) return;
  throw new AlmagestError(
    "BUTLER.DATASET_CONFLICT",
    `Id ${given.id} is already that of a '${stored.datasetType.name}' in '${stored.run}' with another data id.`,
    { fields: { id: given.id, datasetType: stored.datasetType.name, run: stored.run } },
  );
}

function checkUnchanged(state: ButlerState, file: NewFile): void {
  if (file.inode === undefined) return;
  const path = localPathOf(state.repository.root, file.path);
  if (statSync(path, { throwIfNoEntry: false })?.ino === file.inode) return;
  throw new AlmagestError(
    "BUTLER.DATASET_CONFLICT",
    `Somebody else is writing '${file.ref.datasetType.name}' to ${file.path} at the same time.`,
    { fields: { path: file.path }, retryable: true },
  );
}

/**
 * Registers datasets and their files (within a transaction). Those registered under the same id already only get their
 * file records back; another id for the same run, type and data id throws `BUTLER.DATASET_CONFLICT`.
 */
export async function registerFiles(
  state: ButlerState,
  files: readonly NewFile[],
  options: { readonly skipOccupied?: boolean } = {},
): Promise<{ inserted: NewFile[]; present: NewFile[] }> {
  const { universe } = state.repository;
  const inserted: NewFile[] = [];
  const present: NewFile[] = [];
  for (const members of bunch(files).values()) {
    const type = await state.types.get(members[0]!.ref.datasetType.name);
    const run = await state.collections.get(members[0]!.ref.run);
    if (run.kind !== "RUN") {
      throw new AlmagestError(
        "BUTLER.COLLECTION_KIND",
        `'${run.name}' is a ${run.kind} collection, not RUN.`,
        {
          fields: { collection: run.name, kind: run.kind },
        },
      );
    }
    const known = new Map(
      (await state.datasets.getByIds(members.map((file) => file.ref.id))).map((ref) => [ref.id, ref]),
    );
    const fresh: NewFile[] = [];
    for (const file of members) {
      const stored = known.get(file.ref.id);
      if (stored === undefined) {
        fresh.push(file);
        continue;
      }
      checkSame(file.ref, type, run, stored);
      present.push(file);
    }
    const dataIds = fresh.map((file) => universe.conform(file.ref.dataId, type.group));
    let kept = fresh.map((file, index) => ({ file, dataId: dataIds[index]! }));
    if (options.skipOccupied) {
      const occupants = await state.datasets.occupants(type, run, dataIds);
      present.push(...fresh.filter((_, index) => occupants[index] !== undefined));
      kept = kept.filter((_, index) => occupants[index] === undefined);
    }
    rejectDuplicates(
      state,
      type,
      run,
      kept.map(({ file }) => file),
    );
    for (const { file } of kept) checkUnchanged(state, file);
    await state.datasets.insert(
      type,
      run,
      kept.map(({ file, dataId }) => ({ id: file.ref.id, dataId })),
    );
    inserted.push(...kept.map(({ file }) => file));
  }
  const stored = options.skipOccupied ? inserted : [...inserted, ...present];
  await insertFiles(
    state.repository,
    stored.map((file) => ({
      id: file.ref.id,
      path: file.path,
      formatter: file.formatter,
      storageClass: file.storageClass,
      component: file.component,
      checksum: file.checksum,
      sizeBytes: file.sizeBytes,
    })),
  );
  return { inserted, present };
}

/** Throws when one batch holds two datasets for one data id. */
function rejectDuplicates(
  state: ButlerState,
  type: DatasetTypeRow,
  run: CollectionRow,
  files: readonly NewFile[],
): void {
  const seen = new Map<string, string>();
  for (const { ref } of files) {
    const key = state.repository.universe.dataIdKey(ref.dataId, type.group);
    const other = seen.get(key);
    if (other !== undefined) throw datasetConflict(type.type.name, run.name, ref.dataId, other);
    seen.set(key, ref.id);
  }
}
