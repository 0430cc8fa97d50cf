import { uuid5 } from "@almagest/base";
import type { DataId } from "../types.ts";

/** Namespace of the original's UUIDv5. */
export const ID_NAMESPACE = "840b31d9-05cd-5161-b2c8-00d32b280d0f";

/** Id made of dataset type, run (unless left out) and required values sorted by name: the same raw file gets the same id
 * in every repository, as in the original. */
export function deterministicDatasetId(datasetType: string, dataId: DataId, run?: string): string {
  const parts = [`dataset_type=${datasetType}`];
  if (run !== undefined) parts.push(`run=${run}`);
  for (const name of Object.keys(dataId).sort()) parts.push(`${name}=${dataId[name]}`);
  return uuid5(ID_NAMESPACE, parts.join(","));
}
