import { buildQuantumGraph, createPipelineGraph, parsePipeline } from "@almagest/pipeline";
import { SURVEY_YAML, tasks } from "../../packages/pipeline/src/fixtures/numeric-tasks.ts";
import { createSyntheticSource } from "../../packages/pipeline/src/fixtures/synthetic-source.ts";
import type { Bar } from "../../scripts/bar.ts";

async function measureGraph(visits: number): Promise<{ figure: string; pass: boolean; note: string }> {
  const survey = { visits, detectors: 40, bands: 6, tracts: 4, patches: 100, patchesPerDetector: 3 };
  const source = createSyntheticSource(survey);
  const graph = createPipelineGraph(await parsePipeline(SURVEY_YAML), { tasks, universe: source.universe });
  const table = source.queryDataIdTable;
  let querySec = 0;
  const timed: typeof source = {
    ...source,
    queryDataIdTable: async (...query) => {
      const start = performance.now();
      const rows = await table(...query);
      querySec += (performance.now() - start) / 1000;
      return rows;
    },
  };
  const start = performance.now();
  const quanta = await buildQuantumGraph({ source: timed, graph, inputs: ["in"], outputRun: "out" });
  const seconds = (performance.now() - start) / 1000 - querySec;
  const perMillion = (seconds / quanta.count) * 1e6;
  return {
    figure: `${perMillion.toFixed(1)} s per million quanta`,
    pass: perMillion <= 30,
    note: `${quanta.count} quanta of 7 tasks in ${seconds.toFixed(1)} s, the answers to data queries (${querySec.toFixed(1)} s) not counted; ${Math.round(process.memoryUsage().rss / 2 ** 20)} MB`,
  };
}

/** How fast quanta are found and linked, given the repository's answers. */
export const bars: Bar[] = [
  {
    name: "graph building, columnar part",
    goal: "≤ 30 s per million quanta",
    measure: () => measureGraph(Number(process.env.ALMAGEST_BENCH_VISITS ?? 500)),
  },
];
