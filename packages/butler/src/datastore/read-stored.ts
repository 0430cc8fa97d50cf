import { AlmagestError } from "@almagest/base";
import type { LocatedDataset } from "../api/dataset-api.ts";
import { responsibleComponent } from "../storage-classes/composites.ts";
import { convertForm } from "../storage-classes/convert-form.ts";
import { checkParameters } from "../storage-classes/read-parameters.ts";
import type { StorageClassTable } from "../storage-classes/storage-class-table.ts";
import type { DatasetRef } from "../types.ts";

/** The error for a dataset that cannot be read as it is asked for. */
export function datasetMissing(ref: DatasetRef, problem: string): AlmagestError {
  return new AlmagestError(
    "BUTLER.DATASET_MISSING",
    `'${ref.datasetType.name}' ${ref.id} of run '${ref.run}' ${problem}.`,
    { fields: { id: ref.id, datasetType: ref.datasetType.name, run: ref.run } },
  );
}

/** What of a dataset is asked for, and as what. */
export interface StoredRequest {
  readonly component?: string | undefined;
  readonly storageClass?: string | undefined;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

/** A stored file as far as reading goes. */
type StoredFile = Pick<LocatedDataset, "storageClass"> & { readonly component?: string | undefined };

/** A value that was read, and the storage class it is of, where known. */
interface StoredValue {
  readonly value: unknown;
  readonly storageClass: string | undefined;
}

/** Reads a value with its parameters checked. */
type ReadFile<F> = (file: F, component: string | undefined) => Promise<unknown>;

async function readParts<F extends StoredFile>(
  ref: DatasetRef,
  files: readonly F[],
  { component, parameters }: StoredRequest,
  storageClasses: StorageClassTable,
  read: ReadFile<F>,
): Promise<StoredValue> {
  const whole = files.find((file) => file.component === undefined);
  const own = files.find((file) => file.component !== undefined && file.component === component);
  const of = whole?.storageClass ?? ref.datasetType.storageClass;
  checkParameters(storageClasses, own?.storageClass ?? of, parameters);
  if (own !== undefined) return { value: await read(own, undefined), storageClass: own.storageClass };
  if (whole !== undefined) {
    const storageClass = component === undefined ? of : storageClasses.componentOf(of, component);
    return { value: await read(whole, component), storageClass };
  }
  if (component === undefined) {
    const order = [...(storageClasses.find(of)?.components.keys() ?? [])];
    const sorted = files.toSorted((a, b) => order.indexOf(a.component!) - order.indexOf(b.component!));
    const parts = sorted.map(async (file) => [file.component!, await read(file, undefined)] as const);
    return { value: Object.fromEntries(await Promise.all(parts)), storageClass: of };
  }
  const stored = files.map((file) => file.component!);
  const responsible = responsibleComponent(storageClasses, of, component, stored);
  if (responsible === undefined) throw datasetMissing(ref, `has no component '${component}'`);
  const file = files.find((each) => each.component === responsible)!;
  return { value: await read(file, component), storageClass: storageClasses.componentOf(of, component) };
}

/** A value of one storage class as one of another. Throws `BUTLER.STORAGE_CLASS` where it was asked for and cannot be. */
export async function asStorageClass(
  { value, storageClass: from }: StoredValue,
  wanted: string | undefined,
  initial: string | undefined,
  storageClasses: StorageClassTable,
): Promise<unknown> {
  const to = wanted ?? initial ?? from;
  if (to === undefined) return value;
  if (wanted !== undefined && from !== undefined && !storageClasses.canConvert(from, to)) {
    throw new AlmagestError("BUTLER.STORAGE_CLASS", `A '${from}' cannot be read as a '${to}'.`, {
      fields: { storageClass: from, wanted: to },
    });
  }
  return convertForm(value, to);
}

/** Reads a dataset, or a component, from the files that it is stored in: one for the whole, or one for each component (then
 * the whole is an object of them by name). `read` is given a file and what to take of it. The value comes in the form of the
 * storage class asked for, or of the dataset's type. Throws `BUTLER.DATASET_MISSING`, `BUTLER.PARAMETER_UNKNOWN`, `BUTLER.STORAGE_CLASS`. */
export async function readStored<F extends StoredFile>(
  ref: DatasetRef,
  files: readonly F[],
  request: StoredRequest,
  storageClasses: StorageClassTable,
  read: ReadFile<F>,
): Promise<unknown> {
  const found = await readParts(ref, files, request, storageClasses, read);
  const initial = request.component === undefined ? ref.datasetType.storageClass : undefined;
  return asStorageClass(found, request.storageClass, initial, storageClasses);
}
