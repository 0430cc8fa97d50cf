import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findPython } from "../../interop/python.ts";
import type { Bar } from "../../scripts/bar.ts";
import { runTrivial } from "./trivial-run.ts";

const SIZE = { exposures: 120, detectors: 25 };

/** Trivial tasks given to each of the other systems: enough to be in steady state, few enough for a short run. */
const PEER_TASKS: Readonly<Record<string, number>> = { dask: 3000, parsl: 1000, hyperqueue: 1000 };

/** Milliseconds per trivial task of another system with two warm workers on this machine; undefined where it is missing. */
function measurePeer(name: string): number | undefined {
  let python: string;
  try {
    python = findPython([name === "dask" ? "distributed" : name], true);
  } catch {
    return undefined;
  }
  const script = new URL("./peers.py", import.meta.url).pathname;
  const run = spawnSync(python, [script, name, String(PEER_TASKS[name])], {
    encoding: "utf8",
    timeout: 120_000,
    env: { ...process.env, PATH: `${dirname(python)}:${process.env.PATH}` },
  });
  const last = run.stdout?.trim().split("\n").pop();
  return run.status === 0 && last ? (JSON.parse(last) as { ms: number }).ms : undefined;
}

interface Overhead {
  readonly eachMs: number;
  readonly complete: boolean;
  readonly note: string;
}

async function measureOverhead(): Promise<Overhead> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-bench-"));
  try {
    const { summary, warmMs, cpu } = await runTrivial(join(folder, "repo"), SIZE);
    const quanta = summary.labels.reduce((sum, { succeeded }) => sum + succeeded, 0);
    const cpuEach = (cpu.user + cpu.system) / 1000 / quanta;
    return {
      eachMs: warmMs / (quanta - 1),
      complete: quanta === 2 * SIZE.exposures * SIZE.detectors,
      note: `${quanta} quanta in ${summary.totalSec.toFixed(1)} s with ${summary.workers} workers, of which starting them took ${(summary.totalSec - summary.graphSec - warmMs / 1000).toFixed(1)} s; ${cpuEach.toFixed(2)} ms of processor each, of which ${(cpu.system / 1000 / quanta).toFixed(2)} in the system`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

let measured: Promise<Overhead> | undefined;
const overhead = (): Promise<Overhead> => (measured ??= measureOverhead());

async function compareWithDask(): Promise<{ figure: string; pass: boolean; note: string }> {
  const { eachMs } = await overhead();
  const peers = Object.keys(PEER_TASKS).map((name) => [name, measurePeer(name)] as const);
  const dask = peers.find(([name]) => name === "dask")![1];
  const note = peers.map(([name, ms]) => `${name} ${ms === undefined ? "not found" : `${ms.toFixed(2)} ms`}`);
  return {
    figure: dask === undefined ? "no Dask to compare with" : `${(dask / eachMs).toFixed(1)} times`,
    pass: dask !== undefined && dask / eachMs >= 2,
    note: `per trivial task, two workers, one after the other: here ${eachMs.toFixed(2)} ms with files, checksums, provenance and registration; without any of these ${note.join(", ")} (the last starts a process for each)`,
  };
}

/** What running a quantum costs beside the work itself: files, metadata, log, registration. */
export const bars: Bar[] = [
  {
    name: "overhead per trivial quantum",
    goal: "≤ 0.5 ms at 2 workers, with output, metadata and log written, checksummed and registered",
    async measure() {
      const { eachMs, complete, note } = await overhead();
      return { figure: `${eachMs.toFixed(2)} ms per quantum`, pass: eachMs <= 0.5 && complete, note };
    },
  },
  { name: "rate of trivial quanta beside Dask", goal: "≥ 2 times Dask's", measure: compareWithDask },
];
