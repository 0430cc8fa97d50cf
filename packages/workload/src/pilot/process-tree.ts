import { readdir, readFile } from "node:fs/promises";

/** Environment variable that marks everything a pilot started; processes keep it whatever session they flee to. */
export const PILOT_MARK = "ALMAGEST_PILOT_MARK";

/** The mark of something that this process starts: below its own mark, so that whoever started this process can find
 * everything below it. */
export function markBelow(name: string): string {
  const own = process.env[PILOT_MARK];
  return own === undefined ? name : `${own}/${name}`;
}

/** What a set of processes uses. Memory in kB, times in seconds, bytes as the kernel counts them. */
export interface TreeUse {
  readonly processes: number;
  readonly threads: number;
  readonly pssKb: number;
  readonly rssKb: number;
  readonly swapKb: number;
  readonly vmemKb: number;
  readonly userSec: number;
  readonly systemSec: number;
  readonly readChars: number;
  readonly writeChars: number;
  readonly readBytes: number;
  readonly writeBytes: number;
}

/** Clock ticks per second in /proc/PID/stat; 100 on every Linux in use. */
const TICKS = 100;

/** Reads a file of /proc; a process that has ended meanwhile, or is not ours to look at, gives an empty text. */
async function readProc(path: string): Promise<string> {
  try {
    return await readFile(path, "latin1");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") return "";
    throw error;
  }
}

/** A process of /proc. */
interface ProcEntry {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** What `PILOT_MARK` is in its environment. */
  readonly mark: string | undefined;
}

async function scan(): Promise<ProcEntry[]> {
  const found: ProcEntry[] = [];
  for (const name of await readdir("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const [stat, environment] = [await readProc(`/proc/${pid}/stat`), await readProc(`/proc/${pid}/environ`)];
    const [state, parent, , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (stat === "" || state === "Z" || state === "X") continue;
    const mark = environment.split("\0").find((entry) => entry.startsWith(`${PILOT_MARK}=`));
    found.push({
      pid,
      parent: Number(parent),
      session: Number(session),
      mark: mark?.slice(PILOT_MARK.length + 1),
    });
  }
  return found;
}

let last: { readonly atMs: number; readonly entries: Promise<ProcEntry[]> } | undefined;

/** All processes as they were at most `maxAgeMs` ago: the slots of a pilot share a look. */
function listProcesses(maxAgeMs: number): Promise<ProcEntry[]> {
  const now = performance.now();
  if (last === undefined || now - last.atMs >= maxAgeMs) last = { atMs: now, entries: scan() };
  return last.entries;
}

/** Sessions in which marked processes were seen: what stays there is ours even when it has thrown its environment away. */
const sessions = new Map<string, Set<number>>();

/** The process that was started with exactly this mark (the first where it has children that kept it); undefined when none
 * lives. */
export async function findStarted(mark: string): Promise<number | undefined> {
  const found = (await listProcesses(0)).filter((entry) => entry.mark === mark);
  return found.find(({ parent }) => !found.some(({ pid }) => pid === parent))?.pid;
}

/** All live processes, on Linux, that carry the mark or one below it, stand in a session where one did, or descend from
 * one; zombies are left out; as it was at most `maxAgeMs` ago. A program that empties its environment, begins a new session and loses its parents between
 * two looks escapes. */
export async function findMarked(mark: string, maxAgeMs = 0): Promise<number[]> {
  const carries = (entry: ProcEntry): boolean =>
    entry.mark === mark || entry.mark?.startsWith(`${mark}/`) === true;
  const all = (await listProcesses(maxAgeMs)).map((entry) => ({ ...entry, marked: carries(entry) }));
  const own = all.find(({ pid }) => pid === process.pid)?.session;
  const known = sessions.get(mark) ?? new Set<number>();
  for (const { marked, session } of all) if (marked && session !== own) known.add(session);
  if (known.size > 0) sessions.set(mark, known);
  const ours = new Set<number>();
  for (const { pid, marked, session } of all) if (marked || known.has(session)) ours.add(pid);
  const children = new Map<number, number[]>();
  for (const { pid, parent } of all) children.set(parent, [...(children.get(parent) ?? []), pid]);
  for (const pid of ours) for (const child of children.get(pid) ?? []) ours.add(child);
  ours.delete(process.pid);
  return [...ours];
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(text)?.[1] ?? 0);
}

/** What the given processes use together. PSS needs the kernel's leave to look; without it RSS stands in. */
export async function measureProcesses(pids: readonly number[]): Promise<TreeUse> {
  const sum = {
    processes: 0,
    threads: 0,
    pssKb: 0,
    rssKb: 0,
    swapKb: 0,
    vmemKb: 0,
    userSec: 0,
    systemSec: 0,
    readChars: 0,
    writeChars: 0,
    readBytes: 0,
    writeBytes: 0,
  };
  for (const pid of pids) {
    const [stat, status, rollup, io] = await Promise.all([
      readProc(`/proc/${pid}/stat`),
      readProc(`/proc/${pid}/status`),
      readProc(`/proc/${pid}/smaps_rollup`),
      readProc(`/proc/${pid}/io`),
    ]);
    if (stat === "") continue;
    // The name may hold spaces and brackets; the fields begin behind the last bracket.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const rssKb = field(status, "VmRSS");
    sum.processes++;
    sum.threads += field(status, "Threads");
    sum.rssKb += rssKb;
    sum.pssKb += rollup === "" ? rssKb : field(rollup, "Pss");
    sum.swapKb += field(status, "VmSwap");
    sum.vmemKb += field(status, "VmSize");
    sum.userSec += Number(fields[11] ?? 0) / TICKS;
    sum.systemSec += Number(fields[12] ?? 0) / TICKS;
    sum.readChars += field(io, "rchar");
    sum.writeChars += field(io, "wchar");
    sum.readBytes += field(io, "read_bytes");
    sum.writeBytes += field(io, "write_bytes");
  }
  return sum;
}

/** Ends everything that `findMarked` finds and nothing else: SIGTERM, then SIGKILL to what is left after `graceMs`. */
export async function killMarked(mark: string, graceMs: number): Promise<void> {
  await signalMarked(mark, "SIGTERM");
  const deadline = performance.now() + graceMs;
  while ((await findMarked(mark)).length > 0) {
    if (performance.now() > deadline) {
      // What is stopped cannot fork; a process that forks as fast as it is killed needs more than one round.
      await signalMarked(mark, "SIGSTOP");
      if ((await signalMarked(mark, "SIGKILL")) === 0) break;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  sessions.delete(mark);
}

async function signalMarked(mark: string, signal: NodeJS.Signals): Promise<number> {
  const pids = await findMarked(mark);
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      // It ended between the look and the signal.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
  return pids.length;
}
