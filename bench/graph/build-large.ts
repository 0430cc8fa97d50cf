/** Builds the graph of a survey of so many visits in a process of its own: `build-large.ts VISITS`. Prints quanta, seconds
 * and peak memory as JSON. */
import { buildQuantumGraph, createPipelineGraph, parsePipeline } from "@almagest/pipeline";
import { SURVEY_YAML, tasks } from "../../packages/pipeline/src/fixtures/numeric-tasks.ts";
import { createSyntheticSource } from "../../packages/pipeline/src/fixtures/synthetic-source.ts";

const visits = Number(process.argv[2]);
const survey = { visits, detectors: 40, bands: 6, tracts: 4, patches: 100, patchesPerDetector: 3 };
const source = createSyntheticSource(survey);
const graph = createPipelineGraph(await parsePipeline(SURVEY_YAML), { tasks, universe: source.universe });
const start = performance.now();
const quanta = await buildQuantumGraph({ source, graph, inputs: ["in"], outputRun: "out" });
const seconds = (performance.now() - start) / 1000;
const cpu = process.cpuUsage();
process.stdout.write(
  JSON.stringify({
    quanta: quanta.count,
    seconds,
    cpuSec: (cpu.user + cpu.system) / 1e6,
    peakMb: process.resourceUsage().maxRSS / 1024,
  }),
);
