import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

/** File names that FITS frames usually have; files that are named outright may have any. */
const FITS_NAME = /\.(fits?|fts)(\.(gz|fz|bz2|z))?$/i;

/** A file or folder that could not be used, and why. */
export interface Refusal {
  readonly path: string;
  readonly reason: string;
}

/** The files to look at, absolute, in the order of their names, and what was named but is not there. */
export interface FoundFiles {
  readonly paths: readonly string[];
  readonly refused: readonly Refusal[];
}

/** Lists files and, of folders, everything below that is named like a FITS file. Never throws for what a user names. */
export async function findFiles(names: readonly string[]): Promise<FoundFiles> {
  const paths = new Set<string>();
  const refused: Refusal[] = [];
  for (const name of names) {
    const path = resolve(name);
    try {
      if ((await stat(path)).isDirectory()) {
        const found = (await readdir(path, { recursive: true, withFileTypes: true }))
          .filter((entry) => !entry.isDirectory() && FITS_NAME.test(entry.name))
          .map((entry) => join(entry.parentPath, entry.name));
        if (found.length === 0) refused.push({ path, reason: "the folder holds no FITS file" });
        for (const file of found) paths.add(file);
      } else paths.add(path);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      refused.push({ path, reason: code === "ENOENT" ? "there is no such file or folder" : message });
    }
  }
  return { paths: [...paths].sort(), refused };
}
