import { AlmagestError } from "@almagest/base";
import { decodePath, isAbsoluteUri, isRemoteUri } from "@almagest/resources";
import type { DimensionGroup } from "../dimensions/dimension-group.ts";
import type { ButlerState } from "../direct/butler-state.ts";
import type { DatasetRef } from "../types.ts";
import type { Constraints } from "./constraints.ts";
import { type FileRecord, findFiles } from "./file-records.ts";
import { locationOf } from "./stored-file.ts";
import { archiveOf } from "./zip-member.ts";

/** A datastore that keeps values while the program runs: what is put is given back as it is, not a copy. */
export interface MemoryStore {
  readonly values: Map<string, unknown>;
  readonly constraints: readonly Constraints[];
}

/** A Butler's state as one datastore of files sees it: its root, table and templates. */
export interface FileLink {
  readonly state: ButlerState;
  readonly constraints: readonly Constraints[];
}

function isAccepted(constraints: readonly Constraints[], ref: DatasetRef, group: DimensionGroup): boolean {
  return constraints.every((each) => each.accepts(ref.datasetType, group, ref.dataId));
}

/** The datastores that take a dataset, in their order. Throws `BUTLER.DATASTORE_REFUSES` where none does. */
export function acceptingStores(
  state: ButlerState,
  ref: DatasetRef,
  group: DimensionGroup,
): { readonly files: readonly ButlerState[]; readonly memory: readonly MemoryStore[] } {
  const files = state.chain
    .filter(({ constraints }) => isAccepted(constraints, ref, group))
    .map((link) => link.state);
  const memory = state.memory.filter(({ constraints }) => isAccepted(constraints, ref, group));
  if (files.length > 0 || memory.length > 0) return { files, memory };
  const { name, storageClass } = ref.datasetType;
  throw new AlmagestError(
    "BUTLER.DATASTORE_REFUSES",
    `No datastore of this repository takes '${name}' (${storageClass}); see datastore.constraints of butler.yaml.`,
    { fields: { datasetType: name, storageClass } },
  );
}

/** The datastore of files that planned outputs of this kind go to: the first that takes them. Throws `BUTLER.DATASTORE_REFUSES`. */
export function plannedStore(state: ButlerState, ref: DatasetRef, group: DimensionGroup): ButlerState {
  if (state.chain.length === 1 && state.chain[0]!.constraints.length === 0) return state;
  const [first] = acceptingStores(state, ref, group).files;
  if (first !== undefined) return first;
  const { name } = ref.datasetType;
  throw new AlmagestError(
    "BUTLER.DATASTORE_REFUSES",
    `Only a datastore in memory takes '${name}', where no other process could find it.`,
    { fields: { datasetType: name } },
  );
}

/** A path as the Butler at large knows it: absolute where it is in another datastore than the first. */
export function pathFrom(firstRoot: string, root: string, path: string): string {
  if (root === firstRoot || isAbsoluteUri(path)) return path;
  return locationOf(root, path) + path.slice(archiveOf(path).length);
}

/** The datastore that a path lies in, and the path within it. */
export function storeOfPath(
  state: ButlerState,
  path: string,
): { readonly store: ButlerState; readonly path: string } {
  for (const { state: store } of state.chain.slice(1)) {
    const start = locationOf(store.repository.root, "x").slice(0, -1);
    if (!path.startsWith(start)) continue;
    const rest = path.slice(start.length);
    return { store, path: isRemoteUri(start) ? decodePath(rest) : rest };
  }
  return { store: state, path };
}

/** A record of another datastore than the first, its path made absolute. */
function elsewhere(root: string, record: FileRecord): FileRecord {
  return { ...record, path: pathFrom("", root, record.path) };
}

/** Files of datasets by id, each from the first datastore that has it. Paths are relative to the repository's root, those in
 * other datastores absolute. */
export async function findStored(
  state: ButlerState,
  ids: readonly string[],
): Promise<Map<string, FileRecord[]>> {
  const found = new Map<string, FileRecord[]>();
  for (const { state: own } of state.chain) {
    const open = found.size === 0 ? ids : ids.filter((id) => !found.has(id));
    if (open.length === 0) break;
    const { root } = own.repository;
    for (const [id, records] of await findFiles(own.repository, open)) {
      found.set(
        id,
        root === state.repository.root ? records : records.map((record) => elsewhere(root, record)),
      );
    }
  }
  return found;
}

/** The value of a dataset that a datastore in memory holds. */
export function findInMemory(state: ButlerState, id: string): { readonly value: unknown } | undefined {
  for (const { values } of state.memory) if (values.has(id)) return { value: values.get(id) };
  return undefined;
}
