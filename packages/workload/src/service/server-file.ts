import { existsSync, readFileSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AlmagestError } from "@almagest/base";
import { writeDurably } from "@almagest/resources";

/** What a running service leaves in its folder for its clients. */
export interface ServerFile {
  readonly url: string;
  readonly pid: number;
  /** When the process began, in the kernel's ticks: tells it from a later process of the same id. */
  readonly began: string;
}

const FILE = "server.json";
const TOKEN = "operator.token";

/** When a process began; undefined when there is none (or on systems without /proc). */
function beginOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined; // It has ended, or this system has no /proc.
  }
}

/** The service that runs on a folder; undefined when none does. */
export function readServerFile(folder: string): ServerFile | undefined {
  const path = join(folder, FILE);
  if (!existsSync(path)) return undefined;
  const file = JSON.parse(readFileSync(path, "utf8")) as ServerFile;
  return beginOf(file.pid) === file.began ? file : undefined;
}

/** The operator's token of a folder; undefined when there is none that this user may read. */
export function readOperatorToken(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, TOKEN), "utf8").trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EACCES") return undefined;
    throw error;
  }
}

/** Throws `WORKLOAD.ALREADY_SERVED` when a service runs on the folder. */
export function refuseSecondServer(folder: string): void {
  const other = readServerFile(folder);
  if (other === undefined || other.pid === process.pid) return;
  throw new AlmagestError(
    "WORKLOAD.ALREADY_SERVED",
    `Process ${other.pid} already serves ${folder} at ${other.url}; stop it first.`,
    { fields: { ...other } },
  );
}

/** Says where this process serves. */
export async function writeServerFile(folder: string, url: string): Promise<void> {
  const file: ServerFile = { url, pid: process.pid, began: beginOf(process.pid) ?? "" };
  await replace(join(folder, FILE), `${JSON.stringify(file)}\n`, 0o644);
}

/** Leaves the operator's token, readable by this user alone. */
export async function writeOperatorToken(folder: string, token: string): Promise<void> {
  await replace(join(folder, TOKEN), `${token}\n`, 0o600);
}

/** Removes what `writeServerFile` and `writeOperatorToken` left. */
export function removeServerFile(folder: string): void {
  for (const name of [FILE, TOKEN]) rmSync(join(folder, name), { force: true });
}

async function replace(path: string, text: string, mode: number): Promise<void> {
  await writeDurably(path, (temporary) => writeFile(temporary, text, { mode }), { overwrite: true });
}
