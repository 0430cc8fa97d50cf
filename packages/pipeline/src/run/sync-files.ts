import { dirname } from "node:path";
import { syncDirectory, syncFile } from "@almagest/resources";

/** Files forced to disk at the same time; a journalling file system then shares its commits among them. */
const TOGETHER = 16;

/** Forces files, and the folders that name them, to disk. */
export async function syncFiles(paths: readonly string[]): Promise<void> {
  await inParallel(paths, syncFile);
  await inParallel([...new Set(paths.map((path) => dirname(path)))], syncDirectory);
}

async function inParallel(paths: readonly string[], sync: (path: string) => Promise<void>): Promise<void> {
  let next = 0;
  const drain = async (): Promise<void> => {
    for (let path = paths[next++]; path !== undefined; path = paths[next++]) await sync(path);
  };
  await Promise.all(Array.from({ length: Math.min(TOGETHER, paths.length) }, drain));
}
