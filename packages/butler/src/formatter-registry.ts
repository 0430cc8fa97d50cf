import type { Formatter } from "./types.ts";

/** Which formatter writes what, and which reads a file whose stored Python class name is known. */
export interface FormatterRegistry {
  /** Every formatter by the Python class name stored with files; may hold several names for one. */
  readonly byName: ReadonlyMap<string, Formatter>;
  readonly byStorageClass: ReadonlyMap<string, Formatter>;
  readonly byDatasetType: ReadonlyMap<string, Formatter>;
  /** Overrides for one instrument: its own dataset type and storage class entries, looked at first. */
  readonly byInstrument: ReadonlyMap<string, Pick<FormatterRegistry, "byStorageClass" | "byDatasetType">>;
}

/** What to add to the built-in formatters. */
export interface FormatterEntries {
  readonly names?: ReadonlyMap<string, Formatter>;
  readonly storageClasses?: ReadonlyMap<string, Formatter>;
  readonly datasetTypes?: ReadonlyMap<string, Formatter>;
  readonly instruments?: FormatterRegistry["byInstrument"];
}

/** The built-in formatters with `entries` added (an entry replaces a built-in one of the same key). */
export function createFormatterRegistry(entries: FormatterEntries = {}): FormatterRegistry {
  return {
    byName: new Map(entries.names ?? []),
    byStorageClass: new Map(entries.storageClasses ?? []),
    byDatasetType: new Map(entries.datasetTypes ?? []),
    byInstrument: entries.instruments ?? new Map(),
  };
}
