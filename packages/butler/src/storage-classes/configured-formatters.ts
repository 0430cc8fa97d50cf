import { AlmagestError } from "@almagest/base";
import { type FormatterRegistry, formatterOrName } from "../formatter-registry.ts";
import type { Formatter } from "../types.ts";
import type { StorageClassConfig } from "./storage-class.ts";
import { createStorageClassTable } from "./storage-class-table.ts";

type Tree = Readonly<Record<string, unknown>>;

/** Entries that name no dataset type, dimensions or storage class. */
const NO_ENTRIES: ReadonlySet<string> = new Set(["default", "write_recipes"]);

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function classOf(key: string, entry: unknown): string | undefined {
  if (typeof entry === "string") return entry;
  if (!isTree(entry)) return undefined;
  if (typeof entry.formatter === "string") return entry.formatter;
  throw new AlmagestError(
    "BUTLER.REPOSITORY_INVALID",
    `butler.yaml: datastore.formatters says nothing of use of '${key}'; name the formatter's class.`,
    { fields: { entry: key } },
  );
}

/** The entries of a section; what this program only reads does not take the place of a formatter of ours that writes. */
function entriesOf(
  registry: FormatterRegistry,
  section: Tree,
  own: ReadonlyMap<string, Formatter> | undefined,
): Map<string, Formatter> {
  const entries = new Map(own);
  for (const [key, entry] of Object.entries(section)) {
    if (NO_ENTRIES.has(key) || key.startsWith("instrument<")) continue;
    const name = classOf(key, entry);
    if (name === undefined) continue;
    const type = { name: key, storageClass: key, dimensions: [], isCalibration: false };
    const formatter = formatterOrName(registry, name, type);
    const writes = registry.byName.has(name) && formatter.readOnly !== true;
    if (writes || !(entries.has(key) || registry.entries.has(key))) entries.set(key, formatter);
  }
  return entries;
}

/** The formatters as a repository configures them: `datastore.formatters` says what writes, `storageClasses` what there is to
 * write. Throws `BUTLER.REPOSITORY_INVALID`. */
export function configureFormatters(
  registry: FormatterRegistry,
  formatters: Tree,
  storageClasses: Readonly<Record<string, StorageClassConfig>>,
): FormatterRegistry {
  if (Object.keys(formatters).length === 0 && Object.keys(storageClasses).length === 0) return registry;
  const byInstrument = new Map(registry.byInstrument);
  for (const [key, section] of Object.entries(formatters)) {
    const instrument = /^instrument<(.+)>$/.exec(key)?.[1];
    if (instrument !== undefined && isTree(section))
      byInstrument.set(instrument, entriesOf(registry, section, byInstrument.get(instrument)));
  }
  return {
    byName: registry.byName,
    entries: entriesOf(registry, formatters, registry.entries),
    byInstrument,
    storageClasses: createStorageClassTable(storageClasses),
  };
}
