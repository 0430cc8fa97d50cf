import { AlmagestError } from "@almagest/base";
import { type CollectionStore, createCollectionStore } from "../collections/collection-store.ts";
import { createDatasetStore, type DatasetStore } from "../datasets/dataset-store.ts";
import { createDatasetTypeStore, type DatasetTypeStore } from "../datasets/dataset-type-store.ts";
import type { TemplateTable } from "../datastore/dataset-files.ts";
import type { FileLink, MemoryStore } from "../datastore/datastore-chain.ts";
import type { DatastoreConfig } from "../datastore/datastore-config.ts";
import type { FileCache } from "../datastore/file-cache.ts";
import { createRecordStore, type RecordStore } from "../dimensions/record-store.ts";
import type { FormatterRegistry } from "../formatter-registry.ts";
import { type CommitQueue, createCommitQueue } from "../repository/commit-queue.ts";
import { createKeyedLock, type KeyedLock } from "../repository/keyed-lock.ts";
import type { Repository } from "../repository/repository.ts";
import { type Composites, NO_DISASSEMBLY } from "../storage-classes/composites.ts";
import { configureFormatters } from "../storage-classes/configured-formatters.ts";
import type { StorageClassConfig } from "../storage-classes/storage-class.ts";

/** All that the methods of a direct Butler share. */
export interface ButlerState {
  readonly repository: Repository;
  readonly records: RecordStore;
  readonly collections: CollectionStore;
  readonly types: DatasetTypeStore;
  readonly datasets: DatasetStore;
  readonly formatters: FormatterRegistry;
  readonly templates: TemplateTable;
  readonly checksum: boolean;
  /** Which datasets are stored by component. */
  readonly composites: Composites;
  /** Copies of remote files. */
  readonly cache: FileCache;
  /** Datastores of files in their order; `repository` is as the first of them sees it. */
  readonly chain: readonly FileLink[];
  readonly memory: readonly MemoryStore[];
  readonly commit: CommitQueue;
  /** Writes of one file within this process, one after the other. */
  readonly writing: KeyedLock;
  readonly defaultCollections: readonly string[];
  readonly defaultRun: string | undefined;
  /** Forget everything read; after a rolled-back transaction. */
  forget(): void;
}

/** The shared state of a Butler over one opened repository. */
export function createButlerState(
  repository: Repository,
  settings: Pick<
    ButlerState,
    "formatters" | "templates" | "checksum" | "cache" | "defaultCollections" | "defaultRun"
  > & {
    readonly composites?: Composites;
    readonly datastores?: readonly DatastoreConfig[];
    readonly storageClasses?: Readonly<Record<string, StorageClassConfig>>;
  },
): ButlerState {
  const records = createRecordStore(repository);
  const collections = createCollectionStore(repository);
  const types = createDatasetTypeStore(repository);
  const datasets = createDatasetStore(repository, types, collections);
  const { datastores, storageClasses = {}, composites = NO_DISASSEMBLY, ...rest } = settings;
  const shared = {
    ...rest,
    composites,
    chain: [] as FileLink[],
    memory: (datastores ?? [])
      .filter((store) => store.kind === "memory")
      .map(({ constraints }): MemoryStore => ({ constraints, values: new Map() })),
    repository,
    records,
    collections,
    types,
    datasets,
    commit: createCommitQueue(repository.db),
    writing: createKeyedLock(),
    forget: () => {
      collections.invalidate();
      types.invalidate();
      records.invalidate();
      datasets.invalidate();
    },
  };
  if (datastores === undefined) shared.chain.push({ state: shared, constraints: [] });
  for (const store of datastores ?? []) {
    if (store.kind !== "file") continue;
    const { name, root, fileTable, templates, checksum, constraints } = store;
    const state =
      shared.chain.length === 0
        ? shared
        : {
            ...shared,
            repository: { ...repository, root, fileTable, datastoreName: name, localDisk: false },
            templates,
            checksum,
            composites: store.composites,
            formatters: configureFormatters(settings.formatters, store.formatters, storageClasses),
          };
    shared.chain.push({ state, constraints });
  }
  return shared;
}

/** Throws `BUTLER.READ_ONLY` unless the repository may be written to. */
export function requireWriteable(state: ButlerState): void {
  if (!state.repository.readOnly) return;
  throw new AlmagestError(
    "BUTLER.READ_ONLY",
    `The repository ${state.repository.root} was opened for reading.`,
  );
}

/** The run to write to. Throws `BUTLER.COLLECTION_NONE`. */
export function runToWrite(state: ButlerState, run: string | undefined): string {
  const name = run ?? state.defaultRun;
  if (name !== undefined) return name;
  throw new AlmagestError("BUTLER.COLLECTION_NONE", "No run was given and the Butler has no default run.");
}

/** The collections to search. Throws `BUTLER.COLLECTION_NONE`. */
export function collectionsToSearch(
  state: ButlerState,
  collections: string | readonly string[] | undefined,
): string | readonly string[] {
  if (collections !== undefined) return collections;
  if (state.defaultCollections.length > 0) return state.defaultCollections;
  throw new AlmagestError(
    "BUTLER.COLLECTION_NONE",
    "No collections were given and the Butler has no default.",
  );
}
