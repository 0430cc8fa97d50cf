import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findMarked, measureProcesses, type TreeUse } from "./process-tree.ts";

/** Columns of prmon's text file, in our order (readers select by header). Memory in kB. */
const COLUMNS = [
  "Time",
  "nprocs",
  "nthreads",
  "pss",
  "rss",
  "swap",
  "vmem",
  "utime",
  "stime",
  "wtime",
  "rchar",
  "wchar",
  "read_bytes",
  "write_bytes",
] as const;

type Sample = Readonly<Record<(typeof COLUMNS)[number], number>>;

function toSample(use: TreeUse, startMs: number, nowMs: number): Sample {
  return {
    Time: Math.round(nowMs / 1000),
    nprocs: use.processes,
    nthreads: use.threads,
    pss: use.pssKb,
    rss: use.rssKb,
    swap: use.swapKb,
    vmem: use.vmemKb,
    utime: Math.round(use.userSec),
    stime: Math.round(use.systemSec),
    wtime: Math.round((nowMs - startMs) / 1000),
    rchar: use.readChars,
    wchar: use.writeChars,
    read_bytes: use.readBytes,
    write_bytes: use.writeBytes,
  };
}

/** What a job used so far. */
export interface MonitorSummary {
  readonly maxMemoryKb: number;
  readonly cpuSec: number;
  readonly samples: number;
}

/** Watches everything that carries a mark and writes prmon's two files into a folder: `memory_monitor_output.txt`
 * (a row per sample) and `memory_monitor_summary.json` (rewritten each time). */
export class MemoryMonitor {
  readonly #mark: string;
  readonly #folder: string;
  readonly #startMs: number;
  readonly #maxAgeMs: number;
  #samples = 0;
  /** What a warm worker had used before this job is not this job's. */
  #cpuBeforeSec: number | undefined;
  #cpuSec = 0;
  #sums: Record<string, number> = {};
  #max: Record<string, number> = {};

  /** `maxAgeMs`: how old a look at the processes may be, which other monitors of this process may have taken. */
  constructor(mark: string, folder: string, startMs: number, maxAgeMs = 0) {
    this.#maxAgeMs = maxAgeMs;
    this.#mark = mark;
    this.#folder = folder;
    this.#startMs = startMs;
  }

  /** Takes one sample and writes the files. */
  async sample(nowMs: number): Promise<TreeUse> {
    const use = await measureProcesses(await findMarked(this.#mark, this.#maxAgeMs));
    const sample = toSample(use, this.#startMs, nowMs);
    const file = join(this.#folder, "memory_monitor_output.txt");
    if (this.#samples === 0) await writeFile(file, `${COLUMNS.join("\t")}\n`);
    await appendFile(file, `${COLUMNS.map((column) => sample[column]).join("\t")}\n`);
    this.#samples++;
    const cpuSec = use.userSec + use.systemSec;
    this.#cpuBeforeSec ??= cpuSec;
    this.#cpuSec = Math.max(this.#cpuSec, cpuSec - this.#cpuBeforeSec);
    for (const [name, value] of Object.entries(sample)) {
      if (name === "Time") continue;
      this.#sums[name] = (this.#sums[name] ?? 0) + value;
      this.#max[name] = Math.max(this.#max[name] ?? 0, value);
    }
    await this.#writeSummary();
    return use;
  }

  async #writeSummary(): Promise<void> {
    const average = Object.entries(this.#sums).map(([name, sum]) => [name, Math.round(sum / this.#samples)]);
    const summary = { Max: this.#max, Avg: Object.fromEntries(average), prmon: { Version: "almagest" } };
    await writeFile(
      join(this.#folder, "memory_monitor_summary.json"),
      `${JSON.stringify(summary, null, 1)}\n`,
    );
  }

  /** What was seen so far. */
  summary(): MonitorSummary {
    return { maxMemoryKb: this.#max.pss ?? 0, cpuSec: this.#cpuSec, samples: this.#samples };
  }
}
