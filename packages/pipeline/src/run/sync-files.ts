import { type ChildProcessByStdio, spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** Forces files to disk. */
export interface DiskSync {
  /** Forces files, and the folders that name them, to disk. */
  sync(paths: readonly string[]): Promise<void>;
  /** Ends the program that helps. */
  close(): void;
}

/** From so many files on, one call for the whole file system is cheaper than one per file. */
const MANY = 48;
/** Files forced to disk at the same time: the pool of system threads is shared with everything else in the process. */
const TOGETHER = 2;

/**
 * Syncs files below `root`. Node offers no call for syncfs(2), so the system's own `sync -f` does it; a small shell that
 * lives as long as the run starts it, as starting a program from a large process is slow.
 */
export function createDiskSync(root: string): DiskSync {
  let shell: Shell | undefined;
  let works = process.platform === "linux";
  return {
    async sync(paths) {
      if (paths.length >= MANY && works) {
        shell ??= startShell();
        works = await shell.syncFileSystem(root);
        if (works) return;
      }
      await inParallel(paths);
      await inParallel([...new Set(paths.map((path) => dirname(path)))]);
    },
    close() {
      shell?.close();
      shell = undefined;
    },
  };
}

interface Shell {
  syncFileSystem(path: string): Promise<boolean>;
  close(): void;
}

function startShell(): Shell {
  const script = 'while IFS= read -r path; do sync -f "$path"; echo $?; done';
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn("sh", ["-c", script], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const waiting: ((works: boolean) => void)[] = [];
  const giveUp = (): void => {
    for (const settle of waiting.splice(0)) settle(false);
  };
  child.once("error", giveUp);
  child.once("exit", giveUp);
  child.stdin.on("error", giveUp);
  createInterface(child.stdout).on("line", (line) => waiting.shift()?.(line === "0"));
  return {
    syncFileSystem: (path) =>
      new Promise((resolve) => {
        // A line is a path: one that holds a line break is synced file by file instead.
        if (child.exitCode !== null || child.pid === undefined || path.includes("\n")) resolve(false);
        else {
          waiting.push(resolve);
          child.stdin.write(`${path}\n`);
        }
      }),
    close: () => child.stdin.end(),
  };
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
