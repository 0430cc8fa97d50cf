import { AlmagestError } from "@almagest/base";
import { lookupEntry } from "../datastore/lookup.ts";
import type { DimensionGroup } from "../dimensions/dimension-group.ts";
import type { DatasetType } from "../types.ts";
import type { StorageClass } from "./storage-class.ts";
import type { StorageClassTable } from "./storage-class-table.ts";

/** Which datasets a datastore takes apart, storing each component in a file of its own. */
export interface Composites {
  /** Where nothing more special is said. */
  readonly initial: boolean;
  /** By dataset type, dimensions (`a+b`) or storage class. */
  readonly entries: ReadonlyMap<string, boolean>;
}

/** Nothing is taken apart: what holds where a configuration is silent. */
export const NO_DISASSEMBLY: Composites = { initial: false, entries: new Map() };

/** Reads `datastore.composites` of a configuration. Throws `BUTLER.REPOSITORY_INVALID`. */
export function parseComposites(tree: Readonly<Record<string, unknown>>, file: string): Composites {
  const { default: initial = false, disassembled = {} } = tree;
  const entries = Object.entries((disassembled ?? {}) as Readonly<Record<string, unknown>>);
  const wrong = [["default", initial] as const, ...entries].find(([, value]) => typeof value !== "boolean");
  if (wrong !== undefined) {
    throw new AlmagestError(
      "BUTLER.REPOSITORY_INVALID",
      `${file}: datastore.composites says ${JSON.stringify(wrong[1])} of '${wrong[0]}'; it must be true or false.`,
      { fields: { entry: wrong[0] } },
    );
  }
  // Names with underscores in front only hold a place in the original's defaults.
  const named = entries.filter(([name]) => !name.startsWith("__")) as [string, boolean][];
  return { initial: initial as boolean, entries: new Map(named) };
}

/** The storage class whose components a new dataset is to be stored by; undefined where it is stored whole. */
export function disassembledClass(
  composites: Composites,
  storageClasses: StorageClassTable,
  type: DatasetType,
  group: DimensionGroup,
): StorageClass | undefined {
  if (!composites.initial && composites.entries.size === 0) return undefined;
  const storageClass = storageClasses.find(type.storageClass);
  if (storageClass === undefined || storageClass.components.size === 0) return undefined;
  const isApart = lookupEntry(composites.entries, undefined, type, group) ?? composites.initial;
  return isApart ? storageClass : undefined;
}

/** The components of a value by name, those that it has. Throws `BUTLER.STORAGE_CLASS` where it has none. */
export function disassemble(value: unknown, storageClass: StorageClass): [name: string, part: unknown][] {
  const whole = (typeof value === "object" && value !== null ? value : {}) as Readonly<
    Record<string, unknown>
  >;
  const parts = [...storageClass.components.keys()]
    .map((name): [string, unknown] => [name, whole[name]])
    .filter(([, part]) => part !== undefined && part !== null);
  if (parts.length > 0) return parts;
  throw new AlmagestError(
    "BUTLER.STORAGE_CLASS",
    `A '${storageClass.name}' is stored by its components here, and this value has none of ${[...storageClass.components.keys()].join(", ")}.`,
    { fields: { storageClass: storageClass.name } },
  );
}

/** What of an image its planes tell, for images of `lsst.afw`, whose storage classes do not say so. */
const FROM_PLANES: readonly string[] = ["bbox", "dimensions", "xy0"];
const PLANES: readonly string[] = ["image", "mask", "variance"];

/** Which of the stored components a derived component is read from; undefined where none has it. */
export function responsibleComponent(
  storageClasses: StorageClassTable,
  storageClass: string,
  component: string,
  stored: readonly string[],
): string | undefined {
  const composite = storageClasses.find(storageClass);
  if (composite === undefined || !composite.derivedComponents.has(component)) return undefined;
  const own = [...composite.components].find(
    ([name, of]) => stored.includes(name) && storageClasses.componentOf(of, component) !== undefined,
  );
  if (own !== undefined) return own[0];
  return FROM_PLANES.includes(component) ? PLANES.find((plane) => stored.includes(plane)) : undefined;
}
