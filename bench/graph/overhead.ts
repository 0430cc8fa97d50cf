import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRepository, openButler } from "@almagest/butler";
import { parsePipeline, runPipeline } from "@almagest/pipeline";
import type { Bar } from "../../scripts/bar.ts";
import { formatters } from "./trivial-tasks.ts";

const EXPOSURES = 60;
const DETECTORS = 25;

async function measureOverhead(): Promise<{ figure: string; pass: boolean; note: string }> {
  const root = mkdtempSync(join(tmpdir(), "almagest-bench-"));
  try {
    await createRepository(join(root, "repo"));
    await using butler = await openButler(join(root, "repo"), { formatters, readOnly: false });
    const instrument = "BenchCam";
    const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
    await butler.insertRecords("instrument", [{ name: instrument, class_name: "none" }]);
    await butler.insertRecords("physical_filter", [{ instrument, name: "r_01", band: "r" }]);
    await butler.insertRecords("day_obs", [{ instrument, id: 20260101 }]);
    await butler.insertRecords("group", [{ instrument, name: "g" }]);
    await butler.insertRecords(
      "detector",
      numbers(DETECTORS).map((id) => ({ instrument, id, full_name: `D${id}` })),
    );
    await butler.insertRecords(
      "exposure",
      numbers(EXPOSURES).map((id) => ({
        instrument,
        id,
        obs_id: `e${id}`,
        group: "g",
        day_obs: 20260101,
        physical_filter: "r_01",
      })),
    );
    const pipeline = await parsePipeline("description: bench\ntasks: {make: make, take: take}\n");
    // Workers are warm from the first result on; what is counted runs from there to the end, registration included.
    let warm: { ms: number; cpu: NodeJS.CpuUsage } | undefined;
    const summary = await runPipeline({
      butler,
      pipeline,
      runtimeModule: new URL("./trivial-tasks.ts", import.meta.url),
      where: `instrument='${instrument}'`,
      outputRun: "bench",
      workers: 2,
      onProgress: ({ kind }) => {
        if (kind === "finished") warm ??= { ms: performance.now(), cpu: process.cpuUsage() };
      },
    });
    const elapsedMs = performance.now() - warm!.ms;
    const used = process.cpuUsage(warm!.cpu);
    const quanta = summary.labels.reduce((sum, { succeeded }) => sum + succeeded, 0);
    const each = elapsedMs / (quanta - 1);
    const cpuEach = (used.user + used.system) / 1000 / quanta;
    return {
      figure: `${each.toFixed(2)} ms per quantum`,
      pass: each <= 0.5 && quanta === 2 * EXPOSURES * DETECTORS,
      note: `${quanta} quanta in ${summary.totalSec.toFixed(1)} s with ${summary.workers} workers, of which starting them took ${(summary.totalSec - summary.graphSec - elapsedMs / 1000).toFixed(1)} s; ${cpuEach.toFixed(2)} ms of processor each, of which ${(used.system / 1000 / quanta).toFixed(2)} in the system`,
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** What running a quantum costs beside the work itself: files, metadata, log, registration. */
export const bars: Bar[] = [
  {
    name: "overhead per trivial quantum",
    goal: "≤ 0.5 ms at 2 workers, with output, metadata and log written, checksummed and registered",
    measure: measureOverhead,
  },
];
