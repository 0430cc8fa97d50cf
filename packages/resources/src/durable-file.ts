import { randomBytes } from "node:crypto";
import { link, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AlmagestError } from "@almagest/base";

/** A name beside `path` for a file that is being written; fsck knows such names and removes old ones. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 180)}.${randomBytes(6).toString("hex")}.part`);
}

/** True for a name that `temporaryName` makes. */
export function isTemporaryName(path: string): boolean {
  return /^\..*\.[0-9a-f]{12}\.part$/.test(basename(path));
}

/** Makes sure that a file's bytes are on disk. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a directory entry durable; systems that cannot sync a directory need not. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file so that afterwards it is there whole or not at all: `write` fills a temporary file beside it, which is
 * synced and renamed. Throws `RESOURCES.EXISTS` when the file exists and `overwrite` is not set.
 */
export async function writeDurably<T>(
  path: string,
  write: (temporaryPath: string) => Promise<T>,
  options: { readonly overwrite?: boolean } = {},
): Promise<T> {
  const temporary = temporaryName(path);
  await mkdir(dirname(path), { recursive: true });
  try {
    const result = await write(temporary);
    await syncFile(temporary);
    if (options.overwrite) {
      await rename(temporary, path);
    } else {
      // A link refuses an existing name where a rename would silently replace it.
      await link(temporary, path);
      await rm(temporary);
    }
    await syncDirectory(dirname(path));
    return result;
  } catch (error) {
    await rm(temporary, { force: true });
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      throw new AlmagestError("RESOURCES.EXISTS", `The file ${path} exists already.`, {
        cause: error,
        fields: { path },
      });
    }
    throw error;
  }
}
