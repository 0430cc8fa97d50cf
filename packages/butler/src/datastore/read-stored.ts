import { AlmagestError } from "@almagest/base";
import type { DatasetRef } from "../types.ts";

/** The error for a dataset that cannot be read as it is asked for. */
export function datasetMissing(ref: DatasetRef, problem: string): AlmagestError {
  return new AlmagestError(
    "BUTLER.DATASET_MISSING",
    `'${ref.datasetType.name}' ${ref.id} of run '${ref.run}' ${problem}.`,
    { fields: { id: ref.id, datasetType: ref.datasetType.name, run: ref.run } },
  );
}

/** Reads a dataset, or a component, from the files that it is stored in: one for the whole, or one for each component (then
 * the whole is an object of them by name). `read` is given a file and what to take of it. Throws `BUTLER.DATASET_MISSING`. */
export async function readStored<F extends { readonly component?: string | undefined }>(
  ref: DatasetRef,
  files: readonly F[],
  component: string | undefined,
  read: (file: F, component: string | undefined) => Promise<unknown>,
): Promise<unknown> {
  const own = files.find((file) => file.component !== undefined && file.component === component);
  const whole = files.find((file) => file.component === undefined);
  if (own !== undefined) return read(own, undefined);
  if (whole !== undefined) return read(whole, component);
  if (component !== undefined) throw datasetMissing(ref, `has no component '${component}'`);
  // A disassembled dataset without a delegate here: its components by name.
  const parts = await Promise.all(
    files.map(async (file) => [file.component!, await read(file, undefined)] as const),
  );
  return Object.fromEntries(parts);
}
