import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { LocalFile } from "./resource-store.ts";

/** A temporary copy of an object under its own file name; disposing it deletes it. */
export async function copyToTemporary(
  name: string,
  download: (path: string) => Promise<void>,
): Promise<LocalFile> {
  const folder = await mkdtemp(join(tmpdir(), "almagest-object-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, basename(name).slice(-200) || "object");
    await download(path);
    return { path, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
