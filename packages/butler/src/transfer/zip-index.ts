import { AlmagestError, uuid5 } from "@almagest/base";
import { z } from "zod";
import { ID_NAMESPACE } from "../datasets/deterministic-id.ts";

/** Name of the index within an archive of datasets. */
export const ZIP_INDEX = "_butler_zip_index.json";

const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
const className = z.string().regex(/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/);

const schema = z.object({
  index_version: z.literal("V1"),
  refs: z.object({
    container_version: z.literal("V1"),
    universe_version: z.number(),
    universe_namespace: z.string(),
    dataset_types: z.record(
      z.string(),
      z.object({
        name: z.string(),
        storageClass: z.string(),
        dimensions: z.array(z.string()),
        isCalibration: z.boolean().nullish(),
      }),
    ),
    compact_refs: z.record(
      uuid,
      z.object({
        dataset_type_name: z.string(),
        run: z.string(),
        data_id: z.record(z.string(), z.union([z.string(), z.number().int()])),
      }),
    ),
  }),
  artifact_map: z.record(
    z.string(),
    z.object({
      info: z.object({
        formatter: className,
        path: z.string(),
        storage_class: z.string(),
        component: z.string().nullable(),
        checksum: z.string().nullable(),
        file_size: z.number().int(),
      }),
      ids: z.array(uuid),
    }),
  ),
});

/** The index of an archive of datasets: `ZipIndex` V1 of the original. */
export type ZipIndex = z.infer<typeof schema>;

/** The error for an archive that cannot be taken. */
export function invalidZip(path: string, problem: string, cause?: unknown): AlmagestError {
  return new AlmagestError("BUTLER.ZIP_INVALID", `${path} is no archive of datasets: ${problem}.`, {
    ...(cause === undefined ? {} : { cause }),
    fields: { path },
  });
}

/** True for a member's name that leads nowhere else and can stand in a stored path. */
function isPlainName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  if (name === "" || name.startsWith("/") || /[\\#%:\u0000-\u001f]/.test(name)) return false;
  return name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** Reads an index. Throws `BUTLER.ZIP_INVALID` for one that is wrong in form, or names members or datasets that it must not. */
export function parseZipIndex(text: string, path: string): ZipIndex {
  let index: ZipIndex;
  try {
    index = schema.parse(JSON.parse(text));
  } catch (cause) {
    throw invalidZip(
      path,
      `its index cannot be understood (${(cause as Error).message.slice(0, 200)})`,
      cause,
    );
  }
  for (const [name, { ids }] of Object.entries(index.artifact_map)) {
    if (!isPlainName(name)) throw invalidZip(path, `its index names '${name}'`);
    const unknown = ids.find((id) => !Object.hasOwn(index.refs.compact_refs, id));
    if (unknown !== undefined) throw invalidZip(path, `its index has no dataset ${unknown}`);
  }
  return index;
}

/** File name of an archive, made of its members' names as the original makes it: a UUIDv5. */
export function zipFileName(members: readonly string[]): string {
  return `${uuid5(ID_NAMESPACE, [...members].sort().join(","))}.zip`;
}
