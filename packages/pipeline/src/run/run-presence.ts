import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { isTemporaryName, resolveWithin } from "@almagest/resources";
import { processMark, processPlace } from "./process-mark.ts";
import type { RunButler } from "./run-butler.ts";

/** A note, in a run's folder, that a process works there. It stays where the process is killed. */
export interface RunPresence {
  /** Whether some process worked in the run before. */
  readonly continued: boolean;
  /** Takes the note away. */
  leave(): void;
}

interface Note {
  readonly place: string;
  readonly pid: number;
}

/** Notes that this process has written itself, and how many of its runs they stand for. */
const present = new Map<string, number>();

/** The folder of a run's archives, relative to the repository. */
export const archiveFolder = (run: string): string => `${run.replace(/[ <>:"\\|?*]/g, "_")}/quanta`;

/** Tells that this process works in a run, after deleting what processes that were killed there left unfinished or
 * unregistered: temporary files, and archives of documents. What another machine's processes left stays for fsck. */
export async function enterRun(
  butler: Pick<RunButler, "root" | "removeUnclaimed">,
  run: string,
): Promise<RunPresence> {
  const folder = resolveWithin(butler.root, archiveFolder(run));
  const continued = existsSync(folder);
  await mkdir(folder, { recursive: true });
  await sweepRun(butler, run);
  const path = join(folder, `.run.${processMark()}000000.part`);
  await writeFile(path, JSON.stringify({ place: processPlace(), pid: process.pid } satisfies Note));
  present.set(path, (present.get(path) ?? 0) + 1);
  return {
    continued,
    leave: () => {
      const others = present.get(path)! - 1;
      if (others > 0) present.set(path, others);
      else {
        present.delete(path);
        rmSync(path, { force: true });
      }
    },
  };
}

/** Deletes what killed processes of this machine left in a run, if any. */
export async function sweepRun(
  butler: Pick<RunButler, "root" | "removeUnclaimed">,
  run: string,
): Promise<void> {
  const folder = resolveWithin(butler.root, archiveFolder(run));
  if (!existsSync(folder)) return;
  const notes = readdirSync(folder).filter((name) => name.startsWith(".run.") && isTemporaryName(name));
  const dead = notes.filter((name) => !present.has(join(folder, name)) && isDead(join(folder, name)));
  if (dead.length === 0) return;
  const marks = new Set(dead.map((name) => name.slice(".run.".length, ".run.".length + 6)));
  const archives = readdirSync(folder).filter((name) => {
    const mark = /\.([0-9a-f]{6})\.zip$/.exec(name)?.[1];
    return mark !== undefined && marks.has(mark);
  });
  await butler.removeUnclaimed(archives.map((name) => posix.join(archiveFolder(run), name)));
  for (const path of temporaryFiles(join(folder, ".."))) {
    if (marks.has(path.slice(-"123456789abc.part".length).slice(0, 6))) rmSync(path, { force: true });
  }
}

function isDead(path: string): boolean {
  let note: Note;
  try {
    note = JSON.parse(readFileSync(path, "utf8")) as Note;
  } catch {
    // Just taken away by its process, or not yet written.
    return false;
  }
  if (note.place !== processPlace()) return false;
  // One that had our number before us.
  if (note.pid === process.pid) return true;
  try {
    process.kill(note.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function* temporaryFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* temporaryFiles(path);
    else if (isTemporaryName(entry.name)) yield path;
  }
}
