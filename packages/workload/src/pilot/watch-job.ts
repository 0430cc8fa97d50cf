import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Failure } from "../core/attempt-state.ts";
import type { MemoryMonitor } from "./memory-monitor.ts";

/** What a job may use. */
export interface JobLimits {
  readonly memoryMb: number;
  readonly wallSec: number;
  /** Of its work folder. */
  readonly diskMb: number;
  /** At once. */
  readonly processes: number;
  /** To standard output and error. */
  readonly outputBytes: number;
  /** Without a byte read or written, or a line of output: a job that does this much nothing hangs or runs in a circle. */
  readonly quietSec: number;
}

/** How often to look and to report. */
export interface WatchTimes {
  readonly sampleMs: number;
  readonly heartbeatMs: number;
}

/** Bytes below a folder; files that vanish meanwhile count nothing. */
async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    try {
      bytes += (await stat(join(entry.parentPath, entry.name))).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return bytes;
}

/**
 * Watches a running job until `done` aborts: takes memory samples, sends heartbeats, and gives the failure for which it
 * must be stopped (codes are those of PanDA's pilot: 1212 memory, 1213 wall time, 1104 work folder too large, 1106 too much
 * output, 1150 looping, 1144 told to stop; 1305 with a text of ours: too many processes).
 */
export async function watchJob(
  monitor: MemoryMonitor,
  folder: string,
  limits: JobLimits,
  times: WatchTimes,
  written: () => number,
  heartbeat: () => Promise<boolean>,
  done: AbortSignal,
): Promise<Failure | undefined> {
  const start = performance.now();
  const stop = (code: number, text: string): Failure => ({ source: "pilot", code, text });
  let lastBeat = start;
  let activity = "";
  let activeMs = start;
  while (!done.aborted) {
    const { pssKb, processes, readChars, writeChars } = await monitor.sample(Date.now());
    if (done.aborted) return undefined;
    if (pssKb > limits.memoryMb * 1000) {
      return stop(1212, `used ${Math.round(pssKb / 1000)} MB of memory, ${limits.memoryMb} MB were allowed`);
    }
    if (processes > limits.processes) {
      return stop(1305, `ran ${processes} processes at once, ${limits.processes} were allowed`);
    }
    if (written() > limits.outputBytes) {
      const [wrote, allowed] = [written(), limits.outputBytes].map((bytes) => Math.round(bytes / 1e6));
      return stop(1106, `wrote ${wrote} MB of output, ${allowed} MB were allowed`);
    }
    const now = `${readChars} ${writeChars} ${written()}`;
    if (now !== activity) activeMs = performance.now();
    activity = now;
    if (performance.now() - activeMs > limits.quietSec * 1000) {
      return stop(1150, `looping: neither read nor wrote anything for ${limits.quietSec} s`);
    }
    const elapsedSec = (performance.now() - start) / 1000;
    if (elapsedSec > limits.wallSec) return stop(1213, `ran longer than the ${limits.wallSec} s allowed`);
    const diskMb = (await folderBytes(folder)) / 1e6;
    if (diskMb > limits.diskMb) {
      return stop(1104, `its work folder holds ${Math.round(diskMb)} MB, ${limits.diskMb} MB were allowed`);
    }
    if (performance.now() - lastBeat >= times.heartbeatMs) {
      lastBeat = performance.now();
      if (await heartbeat()) return stop(1144, "the server told the pilot to stop it");
    }
    const leftMs = Math.max(1, limits.wallSec * 1000 - (performance.now() - start) + 1);
    // The pause ends early when the job does.
    await sleep(Math.min(times.sampleMs, times.heartbeatMs, leftMs), undefined, { signal: done }).catch(
      () => {},
    );
  }
  return undefined;
}
