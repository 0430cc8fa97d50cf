import type { CollectionKind, DatasetRef, Timespan } from "../types.ts";

/** A collection as listed. `children` of a CHAINED one, in search order. */
export interface CollectionInfo {
  readonly name: string;
  readonly kind: CollectionKind;
  readonly doc: string;
  readonly children: readonly string[];
  /** Chains that hold this collection directly. */
  readonly parents: readonly string[];
}

/** A dataset's place in a collection: its validity range where that is a CALIBRATION collection. */
export interface DatasetAssociation {
  readonly ref: DatasetRef;
  readonly collection: string;
  readonly timespan?: Timespan;
}

/** What a collection may hold: names of dataset types, and values of each governor dimension. */
export interface CollectionSummary {
  readonly name: string;
  readonly datasetTypes: readonly string[];
  readonly governors: Readonly<Record<string, readonly string[]>>;
}

/** What the Butler does with collections. */
export interface CollectionApi {
  /** Makes a RUN collection; true if it is new. Throws `BUTLER.COLLECTION_KIND` when the name has another kind. */
  registerRun(name: string, doc?: string): Promise<boolean>;
  /** Makes a collection of any kind; true if it is new. Throws `BUTLER.COLLECTION_KIND` when the name has another kind. */
  registerCollection(name: string, kind: CollectionKind, doc?: string): Promise<boolean>;
  /** Sets the children of a chain, in search order. Throws `BUTLER.COLLECTION_MISSING`, `BUTLER.COLLECTION_CYCLE`. */
  setChain(name: string, children: readonly string[]): Promise<void>;
  /** Puts children before those a chain has (moving those it already has). */
  prependChain(name: string, children: readonly string[]): Promise<void>;
  /** Puts children after those a chain has (moving those it already has). */
  extendChain(name: string, children: readonly string[]): Promise<void>;
  /** Takes children out of a chain. */
  removeFromChain(name: string, children: readonly string[]): Promise<void>;
  /** One collection. Throws `BUTLER.COLLECTION_MISSING`. */
  getCollection(name: string): Promise<CollectionInfo>;
  /** Collections whose name matches a glob (`*`, `?`) or one of several, in search order of names given, then by name. */
  queryCollections(
    glob?: string | readonly string[],
    options?: { readonly kinds?: readonly CollectionKind[]; readonly flatten?: boolean },
  ): Promise<CollectionInfo[]>;
  /** What each of these collections may hold, parallel to `names`. Throws `BUTLER.COLLECTION_MISSING`. */
  summarizeCollections(names: readonly string[]): Promise<CollectionSummary[]>;
  /** Deletes a collection (not its members' files; a RUN must be empty of stored files, see `removeRun`).
   * Throws `BUTLER.COLLECTION_IN_USE` when a chain still holds it. */
  removeCollection(name: string): Promise<void>;
  /** Deletes a RUN with all its datasets and files. */
  removeRun(name: string, options?: { readonly unlinkFromChains?: boolean }): Promise<void>;
  /** Puts datasets into a TAGGED collection, replacing any of the same type and data id. */
  associate(collection: string, refs: readonly DatasetRef[]): Promise<void>;
  /** Takes datasets out of a TAGGED collection. */
  disassociate(collection: string, refs: readonly DatasetRef[]): Promise<void>;
  /** Declares datasets valid for a time span in a CALIBRATION collection. Throws `BUTLER.CALIBRATION_CONFLICT`
   * when another dataset of the same type and data id is valid for part of it. */
  certify(collection: string, refs: readonly DatasetRef[], timespan: Timespan): Promise<void>;
  /** Removes validity within a time span, splitting ranges that reach beyond it. */
  decertify(
    collection: string,
    datasetType: string,
    timespan: Timespan,
    options?: { readonly dataIds?: readonly Readonly<Record<string, string | number>>[] },
  ): Promise<void>;
  /** Every place a dataset type's datasets have in the given collections. */
  queryAssociations(
    datasetType: string,
    collections: string | readonly string[],
  ): Promise<DatasetAssociation[]>;
}
