import { AlmagestError, uuid5 } from "@almagest/base";
import type { z } from "zod";
import { ID_NAMESPACE } from "../datasets/deterministic-id.ts";
import type { zipIndexSchema } from "./parse-zip-index.ts";

/** Name of the index within an archive of datasets. */
export const ZIP_INDEX = "_butler_zip_index.json";

/** The index of an archive of datasets: `ZipIndex` V1 of the original. */
export type ZipIndex = z.infer<typeof zipIndexSchema>;

/** The error for an archive that cannot be taken. */
export function invalidZip(path: string, problem: string, cause?: unknown): AlmagestError {
  return new AlmagestError("BUTLER.ZIP_INVALID", `${path} is no archive of datasets: ${problem}.`, {
    ...(cause === undefined ? {} : { cause }),
    fields: { path },
  });
}

/** File name of an archive, made of its members' names as the original makes it: a UUIDv5. */
export function zipFileName(members: readonly string[]): string {
  return `${uuid5(ID_NAMESPACE, [...members].sort().join(","))}.zip`;
}
