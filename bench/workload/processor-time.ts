import { readdirSync, readFileSync } from "node:fs";

interface Stat {
  readonly parent: number;
  /** Of the process and of the children it has waited for. */
  readonly seconds: number;
}

function readStat(pid: string): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
    return { parent: Number(fields[1]), seconds: ticks / 100 };
  } catch {
    return undefined;
  }
}

/** Processor seconds used so far by this process and by all it started that still run (a database server), on Linux. */
export function processorSeconds(): { readonly own: number; readonly children: number } {
  const stats = new Map<number, Stat>();
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? readStat(name) : undefined;
    if (stat !== undefined) stats.set(Number(name), stat);
  }
  const isMine = (pid: number): boolean => {
    for (let at = stats.get(pid); at !== undefined; at = stats.get(at.parent))
      if (at.parent === process.pid) return true;
    return false;
  };
  let children = 0;
  for (const [pid, { seconds }] of stats) if (isMine(pid)) children += seconds;
  const { user, system } = process.cpuUsage();
  return { own: (user + system) / 1e6, children };
}
