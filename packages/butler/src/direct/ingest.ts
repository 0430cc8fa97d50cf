import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, extname, join, relative, resolve } from "node:path";
import { AlmagestError, type Clock, isAlmagestError } from "@almagest/base";
import {
  checksumFile,
  decodePath,
  isAbsoluteUri,
  isRemoteUri,
  type StoredObject,
  storeFor,
  syncFileSystem,
  toFileUri,
  toLocalPath,
} from "@almagest/resources";
import type { IdMode, IngestFile, IngestMode } from "../api/dataset-api.ts";
import { datasetConflict } from "../datasets/dataset-store.ts";
import { deterministicDatasetId } from "../datasets/deterministic-id.ts";
import { planFile } from "../datastore/dataset-files.ts";
import { acceptingStores } from "../datastore/datastore-chain.ts";
import { pathOwner } from "../datastore/file-records.ts";
import { locationOf, statStored } from "../datastore/stored-file.ts";
import { readZipMember, type ZipMemberPath, zipMemberOf } from "../datastore/zip-member.ts";
import type { DimensionGroup } from "../dimensions/dimension-group.ts";
import { expandDataIds } from "../dimensions/expand-data-id.ts";
import { formatterOrName } from "../formatter-registry.ts";
import { newDatasetId } from "../repository/sql-codec.ts";
import type { DataId, DatasetRef } from "../types.ts";
import { type ButlerState, runToWrite } from "./butler-state.ts";
import { type NewFile, recordFiles, registerFiles } from "./register-files.ts";
import { removeUnclaimed, type UndoLog } from "./undo-log.ts";

const AT_ONCE = 8;
/** From so many files on, one sync of the file system replaces those of the files. */
const BATCH = 64;

/** How files are ingested. */
export interface IngestOptions {
  readonly mode: IngestMode;
  readonly run?: string;
  readonly skipExisting?: boolean;
  readonly idMode?: IdMode;
}

interface Plan {
  readonly source: string;
  readonly file: NewFile;
  /** The state as the datastore that takes the file sees it. */
  readonly store: ButlerState;
}

/** Calls `work` for each item, at most `AT_ONCE` at a time; the first failure ends it. */
async function forEachParallel<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, lane));
}

/** Extension of a file as the original keeps it: `.fits.fz` and `.fits.gz` whole. */
function extensionOf(path: string): string {
  const last = extname(path);
  return [".fz", ".gz", ".xz", ".bz2"].includes(last) ? extname(path.slice(0, -last.length)) + last : last;
}

/** Path of a file below the root; undefined where it is elsewhere. */
function pathBelowRoot(root: string, source: string): string | undefined {
  if (isRemoteUri(root)) {
    if (!isAbsoluteUri(source)) return source;
    const [full, start] = [decodePath(source), `${decodePath(root)}/`];
    return full.startsWith(start) ? full.slice(start.length) : undefined;
  }
  if (isRemoteUri(source)) return undefined;
  const path = relative(resolve(root), isAbsoluteUri(source) ? toLocalPath(source) : resolve(root, source));
  return path.startsWith("..") ? undefined : path;
}

function pathInRepository(state: ButlerState, source: string, mode: IngestMode): string | undefined {
  const inside =
    mode === "in-place" || mode === "split" ? pathBelowRoot(state.repository.root, source) : undefined;
  if (inside !== undefined) return inside;
  if (mode === "direct" || mode === "split")
    return isAbsoluteUri(source) && !source.startsWith("/") ? source : toFileUri(source);
  if (mode !== "in-place") return undefined;
  throw new AlmagestError(
    "RESOURCES.OUTSIDE",
    `In-place ingest needs files within the repository; '${source}' is not.`,
    { fields: { path: source } },
  );
}

function makeId(mode: IdMode, datasetType: string, dataId: DataId, run: string, clock: Clock): string {
  if (mode === "unique") return newDatasetId(clock);
  return deterministicDatasetId(datasetType, dataId, mode === "deterministic" ? run : undefined);
}

async function planIngest(
  state: ButlerState,
  files: readonly IngestFile[],
  run: string,
  options: IngestOptions,
): Promise<Plan[]> {
  const { universe, clock } = state.repository;
  const order = new Map<NewFile, number>();
  const plans: Plan[] = [];
  // Files of several components of one dataset share its reference.
  const refs = new Map<string, DatasetRef>();
  const byType = Map.groupBy(files.keys(), (index) => files[index]!.datasetType);
  for (const [name, indexes] of byType) {
    const type = await state.types.get(name);
    const dataIds = indexes.map((index) => universe.conform(files[index]!.dataId, type.group));
    const data = await expandDataIds(universe, state.records, type.group, dataIds);
    indexes.forEach((index, place) => {
      const { path, formatter, component, id: given } = files[index]!;
      const dataId = dataIds[place]!;
      const id = given ?? makeId(options.idMode ?? "unique", name, dataId, run, clock);
      const ref = (component === undefined ? undefined : refs.get(id)) ?? {
        id,
        datasetType: type.type,
        dataId,
        run,
      };
      if (component !== undefined) refs.set(id, ref);
      for (const store of storesFor(state, ref, type.group, options.mode)) {
        const planned = planFile(store.templates, store.formatters, ref, data[place]!, {
          extension: extensionOf(path),
          ...(component === undefined ? {} : { component }),
          ...(formatter === undefined
            ? {}
            : { formatter: formatterOrName(state.formatters, formatter, type.type) }),
        });
        const fixed = pathInRepository(store, path, options.mode);
        const file = { ...planned, path: fixed ?? planned.path, sizeBytes: -1 };
        plans.push({ source: path, file, store });
        order.set(file, index);
      }
    });
  }
  return plans.sort((a, b) => order.get(a.file)! - order.get(b.file)!);
}

/** The datastores of files that take a dataset; of several each gets a file of its own. Throws `BUTLER.DATASTORE_REFUSES`,
 * `RESOURCES.MODE_UNSUPPORTED`. */
function storesFor(
  state: ButlerState,
  ref: DatasetRef,
  group: DimensionGroup,
  mode: IngestMode,
): readonly ButlerState[] {
  const { files } = acceptingStores(state, ref, group);
  const { name } = ref.datasetType;
  if (files.length === 0) {
    throw new AlmagestError(
      "BUTLER.DATASTORE_REFUSES",
      `Only a datastore in memory takes '${name}'; it has no files to ingest.`,
      { fields: { datasetType: name } },
    );
  }
  if (files.length > 1 && (mode === "move" || mode === "in-place" || mode === "split")) {
    throw new AlmagestError(
      "RESOURCES.MODE_UNSUPPORTED",
      `'${name}' goes to ${files.length} datastores, which --transfer ${mode} cannot serve; use copy or direct.`,
      { fields: { mode, datasetType: name } },
    );
  }
  return files;
}

interface Brought {
  /** What is known of the file, if it was copied. */
  readonly file: StoredObject | undefined;
  /** True when a new file lies in the repository. */
  readonly isNew: boolean;
}

async function bringIn(
  { source, file, store: state }: Plan,
  mode: IngestMode,
  syncLater: boolean,
): Promise<Brought> {
  if (mode === "direct" || mode === "in-place" || mode === "split") return { file: undefined, isNew: false };
  const inside = zipMemberOf(source);
  if (inside !== undefined) return bringMember(state, file, inside);
  const target = locationOf(state.repository.root, file.path);
  await using fetched = isRemoteUri(source) ? await (await storeFor(source)).toLocal(source) : undefined;
  const local = fetched?.path ?? toLocalPath(source);
  const store = await storeFor(target);
  const upload = async (): Promise<StoredObject | undefined> => {
    if (mode !== "link")
      return store.upload(local, target, {
        mode,
        checksum: state.checksum,
        syncLater,
        localDisk: state.repository.localDisk,
      });
    // As in the original: a hard link where the file system allows, else a symbolic one.
    return store.upload(local, target, { mode: "hardlink" }).catch((error: unknown) => {
      if (isAlmagestError(error)) throw error;
      return store.upload(local, target, { mode: "symlink" });
    });
  };
  try {
    return { file: await upload(), isNew: true };
  } catch (error) {
    if (!isAlmagestError(error, "RESOURCES.EXISTS")) throw error;
    const owner = await pathOwner(state.repository, file.path);
    const { ref } = file;
    if (owner !== undefined) throw datasetConflict(ref.datasetType.name, ref.run, ref.dataId, owner, error);
    await removeUnclaimed(state.repository, file.path);
    return { file: await upload(), isNew: true };
  }
}

/** Takes a member of an archive out into a file of its own: an archive is shared by datasets that do not come along. */
async function bringMember(
  state: ButlerState,
  file: NewFile,
  { archive, member }: ZipMemberPath,
): Promise<Brought> {
  const folder = await mkdtemp(join(tmpdir(), "almagest-member-"));
  try {
    const path = join(folder, basename(member));
    await using fetched = isRemoteUri(archive) ? await (await storeFor(archive)).toLocal(archive) : undefined;
    await writeFile(path, await readZipMember(fetched?.path ?? toLocalPath(archive), member));
    return await bringIn({ source: path, file, store: state }, "move", false);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Registers files that exist already: brings them in, then records all of them in one transaction. */
export async function ingestFiles(
  state: ButlerState,
  undo: UndoLog,
  files: readonly IngestFile[],
  options: IngestOptions,
): Promise<DatasetRef[]> {
  const run = runToWrite(state, options.run);
  await state.collections.register(run, "RUN");
  let plans = await planIngest(state, files, run, options);
  if (options.skipExisting) plans = await withoutExisting(state, plans, run);
  const syncLater =
    !isRemoteUri(state.repository.root) &&
    plans.length >= BATCH &&
    (await syncFileSystem(state.repository.root));
  const brought: Plan[] = [];
  const ready: NewFile[] = new Array(plans.length);
  try {
    await forEachParallel(plans, async (plan, index) => {
      const { file, isNew } = await bringIn(plan, options.mode, syncLater);
      if (isNew) {
        brought.push(plan);
        undo.note(plan.file.path, plan.store.repository);
      }
      ready[index] = file === undefined ? await measure(plan.store, plan.file) : { ...plan.file, ...file };
    });
    if (syncLater) await syncFileSystem(state.repository.root);
    await state.commit(() => register(state, plans, ready, options.skipExisting ?? false));
  } catch (error) {
    for (const { file, store } of brought) await removeUnclaimed(store.repository, file.path);
    throw error;
  }
  return [...new Set(ready.map((file) => file.ref))];
}

/** Registers each dataset once, and its file in each datastore that took it (within a transaction). */
async function register(
  state: ButlerState,
  plans: readonly Plan[],
  ready: readonly NewFile[],
  skipOccupied: boolean,
): Promise<void> {
  if (state.chain.length === 1) {
    await registerFiles(state, ready, { skipOccupied });
    return;
  }
  const byStore = Map.groupBy(ready.keys(), (index) => plans[index]!.store);
  const seen = new Set<DatasetRef>();
  const stored = new Set<DatasetRef>();
  for (const [store, indexes] of byStore) {
    const files = indexes.map((index) => ready[index]!);
    const fresh = files.filter(({ ref }) => !seen.has(ref));
    const { inserted, present } = await registerFiles(store, fresh, { skipOccupied });
    for (const { ref } of skipOccupied ? inserted : [...inserted, ...present]) stored.add(ref);
    await recordFiles(
      store,
      files.filter(({ ref }) => seen.has(ref) && stored.has(ref)),
    );
    for (const { ref } of files) seen.add(ref);
  }
}

async function measure(state: ButlerState, file: NewFile): Promise<NewFile> {
  const path = locationOf(state.repository.root, file.path);
  const found = await statStored(path);
  if (found === undefined) {
    throw new AlmagestError("RESOURCES.MISSING", `There is no file ${path}.`, { fields: { path } });
  }
  // To compute the checksum of a remote file would mean to fetch it.
  if (!state.checksum || isRemoteUri(path)) return { ...file, sizeBytes: found.sizeBytes };
  const { checksum, sizeBytes } = await checksumFile(path);
  return { ...file, sizeBytes, checksum };
}

async function withoutExisting(state: ButlerState, plans: readonly Plan[], run: string): Promise<Plan[]> {
  const collection = await state.collections.get(run);
  const kept: Plan[] = [];
  for (const [name, members] of Map.groupBy(plans, (plan) => plan.file.ref.datasetType.name)) {
    const type = await state.types.get(name);
    const occupants = await state.datasets.occupants(
      type,
      collection,
      members.map((plan) => plan.file.ref.dataId),
    );
    kept.push(...members.filter((_, index) => occupants[index] === undefined));
  }
  return kept;
}
