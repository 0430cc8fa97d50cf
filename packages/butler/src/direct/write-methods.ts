import { setTimeout as sleep } from "node:timers/promises";
import { isAlmagestError } from "@almagest/base";
import type { StoredObject } from "@almagest/resources";
import type { DatasetApi, LocatedDataset } from "../api/dataset-api.ts";
import { datasetConflict } from "../datasets/dataset-store.ts";
import { planFile, writeDatasetFile } from "../datastore/dataset-files.ts";
import { acceptingStores, pathFrom, plannedStore } from "../datastore/datastore-chain.ts";
import { pathOwner } from "../datastore/file-records.ts";
import { locationOf, statStored } from "../datastore/stored-file.ts";
import type { DimensionGroup } from "../dimensions/dimension-group.ts";
import { expandDataIds } from "../dimensions/expand-data-id.ts";
import type { ExpandedDataId } from "../dimensions/universe.ts";
import { decodeUuid, newDatasetId } from "../repository/sql-codec.ts";
import { disassemble, disassembledClass } from "../storage-classes/composites.ts";
import type { DataId, DatasetRef } from "../types.ts";
import { type ButlerState, requireWriteable, runToWrite } from "./butler-state.ts";
import { ingestFiles } from "./ingest.ts";
import { makeRefs } from "./make-refs.ts";
import { pruneDatasets } from "./prune.ts";
import { type NewFile, recordFiles, registerFiles, registerOutputs, registerRefs } from "./register-files.ts";
import { removeUnclaimed, type UndoLog } from "./undo-log.ts";

/** How long a file of unknown origin may belong to another writer that has yet to claim it. */
const CLAIM_WAIT_MS = 1000;
const CLAIM_POLL_MS = 25;

/** The dataset that claims a path within the time a writer takes to do so; undefined for a file left by a crash. */
async function awaitOwner(state: ButlerState, path: string): Promise<string | undefined> {
  for (let waited = 0; ; waited += CLAIM_POLL_MS) {
    const owner = await pathOwner(state.repository, path);
    if (owner !== undefined || waited >= CLAIM_WAIT_MS) return owner;
    const found = await statStored(locationOf(state.repository.root, path));
    if (found === undefined || state.repository.clock.nowMs() - (found.modifiedMs ?? 0) > CLAIM_WAIT_MS)
      return undefined;
    await sleep(CLAIM_POLL_MS);
  }
}

/** Writes the file of a new dataset. A file of that name that no dataset claims was left by a crash and gives way. */
async function writeNewFile(
  state: ButlerState,
  located: LocatedDataset,
  value: unknown,
): Promise<StoredObject> {
  const { repository, formatters, checksum } = state;
  for (let attempt = 0; ; attempt++) {
    try {
      return await writeDatasetFile(repository.root, formatters, located, value, {
        overwrite: false,
        checksum,
        claimedLater: true,
        localDisk: repository.localDisk,
      });
    } catch (error) {
      if (!isAlmagestError(error, "RESOURCES.EXISTS")) throw error;
      const owner = await awaitOwner(state, located.path);
      if (owner !== undefined || attempt > 2) {
        const { datasetType, run, dataId } = located.ref;
        throw datasetConflict(
          datasetType.name,
          run,
          dataId,
          owner ?? "being written by somebody else",
          error,
        );
      }
      await removeUnclaimed(repository, located.path);
    }
  }
}

/** What is written for a dataset in one datastore: one file, or one for each component. */
function planStored(
  store: ButlerState,
  ref: DatasetRef,
  data: ExpandedDataId,
  value: unknown,
): { readonly store: ButlerState; readonly located: LocatedDataset; readonly part: unknown }[] {
  const { templates, formatters, composites } = store;
  const composite = disassembledClass(composites, formatters.storageClasses, ref.datasetType, data.group);
  if (composite === undefined)
    return [{ store, located: planFile(templates, formatters, ref, data), part: value }];
  return disassemble(value, composite).map(([component, part]) => ({
    store,
    located: planFile(templates, formatters, ref, data, { component }),
    part,
  }));
}

async function putDataset(state: ButlerState, undo: UndoLog, value: unknown, ref: DatasetRef): Promise<void> {
  const { universe } = state.repository;
  const type = await state.types.get(ref.datasetType.name);
  const run = await state.collections.get(ref.run);
  const [data] = await expandDataIds(universe, state.records, type.group, [ref.dataId]);
  const { files, memory } = acceptingStores(state, ref, type.group);
  const planned = files.flatMap((store) => planStored(store, ref, data!, value));
  const work = async (): Promise<void> => {
    const [occupant] = await state.datasets.occupants(type, run, [ref.dataId]);
    if (occupant !== undefined) throw datasetConflict(type.type.name, run.name, ref.dataId, occupant);
    const written: { store: ButlerState; file: NewFile }[] = [];
    try {
      for (const { store, located, part } of planned) {
        const file = await writeNewFile(store, located, part);
        written.push({ store, file: { ...located, ...file } });
        undo.note(located.path, store.repository);
      }
      await state.commit(() => registerWritten(state, ref, written));
    } catch (error) {
      for (const { store, file } of written) await removeUnclaimed(store.repository, file.path);
      throw error;
    }
    for (const { values } of memory) values.set(ref.id, value);
  };
  // Within a transaction a lock could wait for a writer that waits for the transaction.
  await (state.repository.db.inTransaction()
    ? work()
    : state.writing(planned[0]?.located.path ?? ref.id, work));
}

/** Registers a dataset with its file in each datastore (within a transaction). */
async function registerWritten(
  state: ButlerState,
  ref: DatasetRef,
  written: readonly { readonly store: ButlerState; readonly file: NewFile }[],
): Promise<void> {
  const [first, ...others] = written;
  if (first === undefined) return registerRefs(state, [ref]);
  await registerFiles(first.store, [first.file]);
  for (const { store, file } of others) await recordFiles(store, [file]);
}

/** The methods of a Butler that write datasets. */
export function createWriteMethods(
  state: ButlerState,
  undo: UndoLog,
): Pick<
  DatasetApi,
  | "put"
  | "ingest"
  | "makeRefs"
  | "registerDatasets"
  | "planOutputs"
  | "ingestOutputs"
  | "prune"
  | "transaction"
> {
  const { universe, clock, db } = state.repository;
  return {
    put: async (value, datasetType, dataId, options = {}) => {
      requireWriteable(state);
      const type = await state.types.get(datasetType);
      const ref: DatasetRef = {
        id: options.id === undefined ? newDatasetId(clock) : decodeUuid(options.id),
        datasetType: type.type,
        dataId: universe.conform(dataId, type.group),
        run: runToWrite(state, options.run),
      };
      await putDataset(state, undo, value, ref);
      return ref;
    },
    ingest: async (files, options) => {
      requireWriteable(state);
      return ingestFiles(state, undo, files, options);
    },
    makeRefs: (requests, run) => makeRefs(state.repository, requests, run),
    registerDatasets: async (refs) => {
      requireWriteable(state);
      await state.commit(() => registerRefs(state, refs));
    },
    planOutputs: async (refs) => {
      const planned = new Map<string, LocatedDataset>();
      // Outputs, metadata and log of a quantum have mostly the same data id: it is completed once.
      const groups = new Map<string, DimensionGroup>();
      const groupOf = ({ datasetType }: DatasetRef): DimensionGroup => {
        const group = groups.get(datasetType.name) ?? universe.completeGroup(datasetType.dimensions);
        groups.set(datasetType.name, group);
        return group;
      };
      for (const [group, members] of Map.groupBy(refs, groupOf)) {
        const places = new Map<string, number>();
        const dataIds: DataId[] = [];
        const placeOf = members.map(({ dataId }) => {
          const key = universe.dataIdKey(dataId, group);
          const place = places.get(key) ?? dataIds.push(dataId) - 1;
          places.set(key, place);
          return place;
        });
        const data = await expandDataIds(universe, state.records, group, dataIds);
        members.forEach((ref, index) => {
          const complete = data[placeOf[index]!]!;
          const store = plannedStore(state, ref, group);
          const located = planFile(store.templates, store.formatters, ref, complete);
          const path = pathFrom(state.repository.root, store.repository.root, located.path);
          planned.set(ref.id, path === located.path ? located : { ...located, path });
        });
      }
      return refs.map((ref) => planned.get(ref.id)!);
    },
    ingestOutputs: async (records) => {
      requireWriteable(state);
      return state.commit(() => registerOutputs(state, records));
    },
    prune: async (refs, options = {}) => {
      requireWriteable(state);
      await pruneDatasets(
        state,
        refs.map((ref) => ref.id),
        { purge: options.purge ?? false },
      );
    },
    transaction: async (body) => {
      requireWriteable(state);
      try {
        return await undo.run(() => db.transaction(body, { rerun: "never" }));
      } catch (error) {
        state.forget();
        throw error;
      }
    },
  };
}
