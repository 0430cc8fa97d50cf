import { AlmagestError } from "@almagest/base";
import type { LocatedDataset } from "./api/dataset-api.ts";
import { instrumentOf, lookupEntry } from "./datastore/lookup.ts";
import type { DimensionGroup } from "./dimensions/dimension-group.ts";
import { BUILT_IN_FORMATTERS, BUILT_IN_STORAGE_CLASSES } from "./formatters/built-in.ts";
import {
  STANDARD_STORAGE_CLASS_TABLE,
  type StorageClassTable,
} from "./storage-classes/storage-class-table.ts";
import type { DatasetRef, DatasetType, Formatter } from "./types.ts";

/** Which formatter writes what, and which reads a file whose stored Python class name is known. */
export interface FormatterRegistry {
  /** Every formatter by the Python class name stored with files; several names may mean one formatter. */
  readonly byName: ReadonlyMap<string, Formatter>;
  /** Formatters by dataset type, dimensions (`a+b`) or storage class: what writes. */
  readonly entries: ReadonlyMap<string, Formatter>;
  /** The same for one instrument; looked at first. */
  readonly byInstrument: ReadonlyMap<string, ReadonlyMap<string, Formatter>>;
  /** What storage classes consist of and convert to. */
  readonly storageClasses: StorageClassTable;
}

/** What to add to the built-in formatters. */
export interface FormatterEntries {
  /** Readers by stored Python class name; the names of all formatters given below are known without it. */
  readonly names?: ReadonlyMap<string, Formatter>;
  /** By storage class, such as `ExposureF`. */
  readonly storageClasses?: ReadonlyMap<string, Formatter>;
  /** By dataset type, such as `raw`. */
  readonly datasetTypes?: ReadonlyMap<string, Formatter>;
  /** By instrument, then dataset type or storage class. */
  readonly instruments?: ReadonlyMap<string, ReadonlyMap<string, Formatter>>;
}

/** The built-in formatters with `entries` added (an entry replaces a built-in one of the same key). */
export function createFormatterRegistry(entries: FormatterEntries = {}): FormatterRegistry {
  const instruments = entries.instruments ?? new Map<string, ReadonlyMap<string, Formatter>>();
  const all = new Map([
    ...BUILT_IN_STORAGE_CLASSES,
    ...(entries.storageClasses ?? []),
    ...(entries.datasetTypes ?? []),
  ]);
  const named = [...all.values(), ...[...instruments.values()].flatMap((table) => [...table.values()])];
  return {
    byName: new Map([
      ...BUILT_IN_FORMATTERS,
      ...named.map((formatter): [string, Formatter] => [formatter.name, formatter]),
      ...(entries.names ?? []),
    ]),
    entries: all,
    byInstrument: instruments,
    storageClasses: STANDARD_STORAGE_CLASS_TABLE,
  };
}

/** The formatter that writes a dataset, or a component of the composite `parent`. Throws `BUTLER.FORMATTER_MISSING`. */
export function chooseFormatter(
  registry: FormatterRegistry,
  ref: DatasetRef,
  group: DimensionGroup,
  parent?: DatasetType,
): Formatter {
  const instrument = instrumentOf(ref.dataId);
  const own = instrument === undefined ? undefined : registry.byInstrument.get(instrument);
  const formatter = lookupEntry(registry.entries, own, ref.datasetType, group, parent);
  if (formatter !== undefined) return formatter;
  throw new AlmagestError(
    "BUTLER.FORMATTER_MISSING",
    `No formatter is known for storage class '${ref.datasetType.storageClass}' (dataset type '${ref.datasetType.name}').`,
    { fields: { storageClass: ref.datasetType.storageClass, datasetType: ref.datasetType.name } },
  );
}

function formatterMissing(name: string): AlmagestError {
  return new AlmagestError(
    "BUTLER.FORMATTER_MISSING",
    `No formatter is known for the stored class '${name}'.`,
    { fields: { formatter: name } },
  );
}

/** The formatter of a stored name. Throws `BUTLER.FORMATTER_MISSING`. */
export function formatterByName(registry: FormatterRegistry, name: string): Formatter {
  const formatter = registry.byName.get(name);
  if (formatter !== undefined) return formatter;
  throw formatterMissing(name);
}

/** The formatter of a located file: that of its dataset type or storage class where it has the stored name, as several may
 * share one; else any of that name. Throws `BUTLER.FORMATTER_MISSING`. */
export function formatterOf(registry: FormatterRegistry, located: LocatedDataset): Formatter {
  const { ref, component, formatter: name } = located;
  const storageClass = component === undefined ? ref.datasetType.storageClass : located.storageClass;
  const datasetType = component === undefined ? ref.datasetType.name : "";
  return ownFormatter(registry, { name: datasetType, storageClass }, name) ?? formatterByName(registry, name);
}

function ownFormatter(
  registry: FormatterRegistry,
  type: Pick<DatasetType, "name" | "storageClass">,
  name: string,
): Formatter | undefined {
  const own = registry.entries.get(type.name) ?? registry.entries.get(type.storageClass);
  return own?.name === name ? own : undefined;
}

/** The formatter of a stored name for a dataset type; for a Python class unknown here one that only keeps the name, so that files which
 * this program cannot read are still registered and moved. Throws `BUTLER.FORMATTER_MISSING` for what is no class name. */
export function formatterOrName(registry: FormatterRegistry, name: string, type: DatasetType): Formatter {
  const known = ownFormatter(registry, type, name) ?? registry.byName.get(name);
  if (known !== undefined) return known;
  if (!/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/.test(name)) throw formatterMissing(name);
  const refuse = async (): Promise<never> => {
    throw formatterMissing(name);
  };
  return { name, extension: "", write: refuse, read: refuse };
}
