import { z } from "zod";
import { invalidZip, type ZipIndex } from "./zip-index.ts";

// A file of its own, loaded when there is an archive to read: the checker of forms takes 16 MB, more than all the rest here.

const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
const className = z.string().regex(/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/);

/** The form of an index. */
export const zipIndexSchema = z.object({
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
    index = zipIndexSchema.parse(JSON.parse(text));
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
