import { copyFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PilotSetup } from "./harvester-plugin.ts";

/** The pilot as one file, made by `npm run build:pilot`. */
export const PILOT_FILE = join(import.meta.dirname, "../../assets/pilot.mjs");

/** Where the pilot finds its token; a file that only its user can read. */
export const TOKEN_FILE_VARIABLE = "ALMAGEST_PILOT_TOKEN_FILE";

/** Puts pilot and token into the folder that the workers see, each whole or not at all; gives their paths. */
export async function shipPilot(
  setup: PilotSetup,
): Promise<{ readonly pilot: string; readonly token: string }> {
  await mkdir(setup.folder, { recursive: true });
  const pilot = join(setup.folder, "pilot.mjs");
  const token = join(setup.folder, "pilot.token");
  const place = async (path: string, fill: (temporary: string) => Promise<void>): Promise<void> => {
    const temporary = `${path}.${process.pid}`;
    // One left by a process of the same id may have other rights.
    await rm(temporary, { force: true });
    await fill(temporary);
    await rename(temporary, path);
  };
  await place(pilot, (temporary) => copyFile(PILOT_FILE, temporary));
  await place(token, (temporary) => writeFile(temporary, setup.token ?? "", { mode: 0o600 }));
  return { pilot, token };
}

/** The pilot's options; `worker` may be a shell expression. */
export function pilotWords(
  setup: PilotSetup,
  queue: string,
  harvester: string,
  worker: string,
): readonly string[] {
  return [
    ...["--url", setup.url, "--queue", queue, "--folder", setup.folder],
    ...["--slots", String(setup.slots), "--idle-sec", String(setup.idleSec)],
    ...["--harvester", harvester, "--worker-id", worker],
  ];
}

/** A word that a POSIX shell takes as it is. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
