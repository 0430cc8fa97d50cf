import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { dirname } from "node:path";

/** From so many files on, one call for the whole file system is cheaper than one per file. */
const MANY = 48;
/** Files forced to disk at the same time: the pool of system threads is shared with everything else in the process. */
const TOGETHER = 2;

let hasSyncCommand = process.platform === "linux";

/** Forces files, and the folders that name them, to disk. `root` holds them all. */
export async function syncFiles(root: string, paths: readonly string[]): Promise<void> {
  if (paths.length >= MANY && hasSyncCommand) {
    hasSyncCommand = await syncFileSystem(root);
    if (hasSyncCommand) return;
  }
  await inParallel(paths);
  await inParallel([...new Set(paths.map((path) => dirname(path)))]);
}

/** syncfs(2) by way of the system's own `sync -f`, as Node offers no call for it; false when there is none. */
function syncFileSystem(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn("sync", ["-f", path], { stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  });
}

async function inParallel(paths: readonly string[]): Promise<void> {
  let next = 0;
  const drain = async (): Promise<void> => {
    for (let path = paths[next++]; path !== undefined; path = paths[next++]) await syncPath(path);
  };
  await Promise.all(Array.from({ length: Math.min(TOGETHER, paths.length) }, drain));
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Some systems cannot sync a folder, and need not.
    if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
  } finally {
    await handle.close();
  }
}
