import { AlmagestError } from "@almagest/base";
import type { StorageClassTable } from "./storage-class-table.ts";

/** What tables can be asked for here beside the original's parameters. */
const OF_TABLES: readonly string[] = ["rows", "rowgroups"];

function known(storageClasses: StorageClassTable, name: string): ReadonlySet<string> | undefined {
  const storageClass = storageClasses.find(name);
  if (storageClass === undefined) return undefined;
  const parameters = new Set(storageClass.parameters);
  for (const component of storageClass.components.values())
    for (const parameter of known(storageClasses, component) ?? []) parameters.add(parameter);
  if (parameters.has("columns")) for (const parameter of OF_TABLES) parameters.add(parameter);
  return parameters;
}

/** Checks that a storage class knows the parameters of a read. Throws `BUTLER.PARAMETER_UNKNOWN`. */
export function checkParameters(
  storageClasses: StorageClassTable,
  storageClass: string,
  parameters: Readonly<Record<string, unknown>> | undefined,
): void {
  if (parameters === undefined) return;
  const allowed = known(storageClasses, storageClass);
  const unknown = Object.keys(parameters).filter((name) => allowed?.has(name) === false);
  if (unknown.length === 0) return;
  const has = allowed!.size === 0 ? "none" : [...allowed!].join(", ");
  throw new AlmagestError(
    "BUTLER.PARAMETER_UNKNOWN",
    `A '${storageClass}' cannot be read by ${unknown.map((name) => `'${name}'`).join(", ")}; its parameters: ${has}.`,
    { fields: { storageClass, parameters: unknown } },
  );
}
