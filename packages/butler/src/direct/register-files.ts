import { statSync } from "node:fs";
import { AlmagestError } from "@almagest/base";
import type { LocatedDataset } from "../api/dataset-api.ts";
import type { CollectionRow } from "../collections/collection-store.ts";
import type { DatasetTypeRow } from "../datasets/dataset-type-store.ts";
import { storeOfPath } from "../datastore/datastore-chain.ts";
import { insertFiles } from "../datastore/file-records.ts";
import { localPathOf } from "../datastore/stored-file.ts";
import type { DatasetRef } from "../types.ts";
import type { ButlerState } from "./butler-state.ts";

/** A dataset with its file, ready to be registered. */
export interface NewFile extends LocatedDataset {
  readonly sizeBytes: number;
  readonly checksum?: string;
  /** The file's inode, where it must still be the one just written. */
  readonly inode?: number;
}

/** Items that stand for a dataset, by run and type. */
function bunch<T>(items: readonly T[], refOf: (item: T) => DatasetRef): T[][] {
  const bunches = new Map<string, T[]>();
  for (const item of items) {
    const ref = refOf(item);
    const key = `${ref.run}\u0001${ref.datasetType.name}`;
    const list = bunches.get(key);
    if (list === undefined) bunches.set(key, [item]);
    else list.push(item);
  }
  return [...bunches.values()];
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

async function runOf(state: ButlerState, name: string): Promise<CollectionRow> {
  const run = await state.collections.get(name);
  if (run.kind === "RUN") return run;
  throw new AlmagestError("BUTLER.COLLECTION_KIND", `'${name}' is a ${run.kind} collection, not RUN.`, {
    fields: { collection: name, kind: run.kind },
  });
}

interface Registration<T> {
  readonly inserted: T[];
  readonly present: T[];
}

async function registerBunch<T>(
  state: ButlerState,
  items: readonly T[],
  refOf: (item: T) => DatasetRef,
  skipOccupied: boolean,
): Promise<Registration<T>> {
  const { universe } = state.repository;
  const type = await state.types.get(refOf(items[0]!).datasetType.name);
  const run = await runOf(state, refOf(items[0]!).run);
  const ids = items.map((item) => refOf(item).id);
  const presentIds = await state.datasets.present(ids);
  const present = items.filter((item) => presentIds.has(refOf(item).id));
  if (present.length > 0) {
    const stored = await state.datasets.getByIds(present.map((item) => refOf(item).id));
    const byId = new Map(stored.map((ref) => [ref.id, ref]));
    for (const item of present) checkSame(refOf(item), type, run, byId.get(refOf(item).id)!);
  }
  let fresh = present.length === 0 ? items : items.filter((item) => !presentIds.has(refOf(item).id));
  let dataIds = fresh.map((item) => universe.conform(refOf(item).dataId, type.group));
  if (skipOccupied) {
    const occupants = await state.datasets.occupants(type, run, dataIds);
    present.push(...fresh.filter((_, index) => occupants[index] !== undefined));
    fresh = fresh.filter((_, index) => occupants[index] === undefined);
    dataIds = dataIds.filter((_, index) => occupants[index] === undefined);
  }
  await state.datasets.insert(
    type,
    run,
    fresh.map((item, index) => ({ id: refOf(item).id, dataId: dataIds[index]! })),
  );
  return { inserted: [...fresh], present };
}

/** Registers datasets without files (within a transaction); those registered under the same id already are let be. Throws
 * `BUTLER.DATASET_CONFLICT` for another id of the same run, type and data id. */
export async function registerRefs(state: ButlerState, refs: readonly DatasetRef[]): Promise<void> {
  for (const members of bunch(refs, (ref) => ref)) await registerBunch(state, members, (ref) => ref, false);
}

/**
 * Registers datasets and their files (within a transaction). Those registered under the same id already only get their
 * file records back; another id for the same run, type and data id throws `BUTLER.DATASET_CONFLICT`, or with
 * `skipOccupied` is left out.
 */
export async function registerFiles(
  state: ButlerState,
  files: readonly NewFile[],
  options: { readonly skipOccupied?: boolean } = {},
): Promise<Registration<NewFile>> {
  const skipOccupied = options.skipOccupied ?? false;
  const refOf = (file: NewFile): DatasetRef => file.ref;
  for (const file of files) checkUnchanged(state, file);
  const inserted: NewFile[] = [];
  const present: NewFile[] = [];
  for (const members of bunch(perDataset(files), refOf)) {
    const result = await registerBunch(state, members, refOf, skipOccupied);
    inserted.push(...result.inserted);
    present.push(...result.present);
  }
  const stored = skipOccupied ? inserted : [...inserted, ...present];
  await recordFiles(state, withComponents(stored, files));
  return { inserted, present };
}

/** Registers written outputs, each file in the datastore that it lies in (within a transaction). Throws as `registerFiles`. */
export async function registerOutputs(
  state: ButlerState,
  files: readonly NewFile[],
): Promise<{ inserted: number; present: number }> {
  const counts = { inserted: 0, present: 0 };
  const several = state.chain.length > 1;
  const placed = files.map((file) => (several ? { file, ...storeOfPath(state, file.path) } : undefined));
  const byStore = Map.groupBy(files.keys(), (index) => placed[index]?.store ?? state);
  for (const [store, indexes] of byStore) {
    const own = indexes.map((index) => ({
      ...files[index]!,
      path: placed[index]?.path ?? files[index]!.path,
    }));
    const { inserted, present } = await registerFiles(store, several ? own : files);
    counts.inserted += inserted.length;
    counts.present += present.length;
  }
  return counts;
}

/** One file of each dataset: those of its other components are not registered once more. */
function perDataset(files: readonly NewFile[]): readonly NewFile[] {
  if (files.every(({ component }) => component === undefined)) return files;
  return [...new Map(files.toReversed().map((file) => [file.ref.id, file])).values()].toReversed();
}

/** All files given of the datasets that are stored. */
function withComponents(stored: readonly NewFile[], files: readonly NewFile[]): readonly NewFile[] {
  if (files.every(({ component }) => component === undefined)) return stored;
  const ids = new Set(stored.map(({ ref }) => ref.id));
  return files.filter(({ ref }) => ids.has(ref.id));
}

/** Records files of registered datasets in one datastore (within a transaction). */
export async function recordFiles(state: ButlerState, files: readonly NewFile[]): Promise<void> {
  await insertFiles(
    state.repository,
    files.map((file) => ({
      id: file.ref.id,
      path: file.path,
      formatter: file.formatter,
      storageClass: file.storageClass,
      component: file.component,
      checksum: file.checksum,
      sizeBytes: file.sizeBytes,
    })),
  );
}
