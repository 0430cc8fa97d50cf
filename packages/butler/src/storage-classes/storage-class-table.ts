import { AlmagestError } from "@almagest/base";
import { STANDARD_STORAGE_CLASSES } from "./standard-storage-classes.ts";
import { createStorageClass, type StorageClass, type StorageClassConfig } from "./storage-class.ts";

/** The storage classes that a repository knows. */
export interface StorageClassTable {
  /** Undefined for one that is not known: its datasets are still stored and read as what their formatter makes of them. */
  find(name: string): StorageClass | undefined;
  /** True when a dataset of one storage class may be read as the other. */
  canConvert(from: string, to: string): boolean;
  /** The storage class of a component, stored or derived; undefined where there is none of that name. */
  componentOf(storageClass: string, component: string): string | undefined;
}

function invalid(name: string, problem: string): AlmagestError {
  return new AlmagestError("BUTLER.REPOSITORY_INVALID", `The storage class '${name}' ${problem}.`, {
    fields: { storageClass: name },
  });
}

/** The standard storage classes with those of a configuration's `storageClasses` added. Each is made when it is first asked for.
 * Throws `BUTLER.REPOSITORY_INVALID`, when asked, for one that inherits from itself or from one that is not defined. */
export function createStorageClassTable(
  added: Readonly<Record<string, StorageClassConfig>> = {},
): StorageClassTable {
  const made = new Map<string, StorageClass>();
  const configOf = (name: string): StorageClassConfig | undefined =>
    Object.hasOwn(added, name)
      ? added[name]
      : Object.hasOwn(STANDARD_STORAGE_CLASSES, name)
        ? STANDARD_STORAGE_CLASSES[name]
        : undefined;
  const make = (name: string, below: readonly string[]): StorageClass | undefined => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const config = configOf(name);
    if (config === undefined) return undefined;
    if (below.includes(name)) throw invalid(name, "inherits from itself");
    const parent =
      config.inheritsFrom === undefined ? undefined : make(config.inheritsFrom, [...below, name]);
    if (config.inheritsFrom !== undefined && parent === undefined)
      throw invalid(name, `inherits from '${config.inheritsFrom}', which is not defined`);
    const storageClass = createStorageClass(name, config, parent);
    made.set(name, storageClass);
    return storageClass;
  };
  const find = (name: string): StorageClass | undefined => make(name, []);
  return {
    find,
    canConvert: (from, to) => {
      if (from === to) return true;
      const [source, target] = [find(from), find(to)];
      if (source === undefined || target === undefined) return false;
      if (source.pythonClass === target.pythonClass || source.ancestors.includes(to)) return true;
      const classes = [source, ...source.ancestors.map((name) => find(name)!)];
      return classes.some(({ pythonClass }) => target.convertsFrom.has(pythonClass));
    },
    componentOf: (name, component) => {
      const storageClass = find(name);
      return storageClass?.components.get(component) ?? storageClass?.derivedComponents.get(component);
    },
  };
}

/** The standard storage classes alone. */
export const STANDARD_STORAGE_CLASS_TABLE: StorageClassTable = createStorageClassTable();
