import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  buildQuantumGraph,
  createPipelineGraph,
  openGraphFile,
  parsePipeline,
  type WriteGraphOptions,
  writeGraphFile,
} from "@almagest/pipeline";
import { SURVEY_YAML, tasks } from "../../packages/pipeline/src/fixtures/numeric-tasks.ts";
import { createSyntheticSource } from "../../packages/pipeline/src/fixtures/synthetic-source.ts";
import type { Bar } from "../../scripts/bar.ts";

const CHOSEN = 20;

/** Writes a graph, opens it anew for each of some quanta, and takes the slowest. */
async function measureRead(visits: number): Promise<{ figure: string; pass: boolean; note: string }> {
  const survey = { visits, detectors: 40, bands: 6, tracts: 4, patches: 100, patchesPerDetector: 3 };
  const source = createSyntheticSource(survey);
  const graph = createPipelineGraph(await parsePipeline(SURVEY_YAML), { tasks, universe: source.universe });
  const quanta = await buildQuantumGraph({ source, graph, inputs: ["in"], outputRun: "out" });
  const butler: WriteGraphOptions["butler"] = {
    universe: source.universe,
    expandDataIds: async (dataIds, group) => dataIds.map((dataId) => ({ group, dataId, records: {} })),
  };
  const folder = mkdtempSync(join(tmpdir(), "almagest-graph-file-"));
  try {
    const path = join(folder, "bench.qg");
    const writeStart = performance.now();
    await writeGraphFile(quanta, { butler, path });
    const writeSec = (performance.now() - writeStart) / 1000;
    const ids: string[] = [];
    for (const list of Object.values((await readThin(path)).quanta)) {
      for (let i = 0; i < list.length && ids.length < CHOSEN; i += Math.ceil(list.length / 3))
        ids.push(list[i]!.quantum_id);
    }
    let slowestMs = 0;
    for (const id of ids) {
      const start = performance.now();
      await using file = await openGraphFile(path);
      for await (const quantum of file.readQuanta([id])) {
        if (quantum.quantum_id !== id) throw new Error(`asked for ${id}, got ${quantum.quantum_id}`);
      }
      slowestMs = Math.max(slowestMs, performance.now() - start);
    }
    return {
      figure: `${slowestMs.toFixed(1)} ms`,
      pass: slowestMs <= 50,
      note: `slowest of ${ids.length}, opening included; ${quanta.count} quanta, ${(statSync(path).size / 2 ** 20).toFixed(0)} MB, written in ${writeSec.toFixed(1)} s`,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function readThin(path: string) {
  await using file = await openGraphFile(path);
  return await file.readThinGraph();
}

/** How fast one quantum comes out of a large graph file. */
export const bars: Bar[] = [
  {
    name: "one quantum out of a graph file",
    goal: "≤ 50 ms",
    measure: () => measureRead(Number(process.env.ALMAGEST_BENCH_FILE_VISITS ?? 100)),
  },
];
