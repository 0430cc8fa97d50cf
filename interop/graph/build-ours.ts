/** Builds the graph of a survey's pipeline and tells what it holds: `build-ours.ts ROOT PIPELINE WHERE [OPTIONS_JSON]`, in a
 * process of its own so that its memory can be told. Prints what `build-original.py` prints. */
import { createHash } from "node:crypto";
import { openButler } from "@almagest/butler";
import {
  type BuildGraphOptions,
  buildQuantumGraph,
  createPipelineGraph,
  datasetDataId,
  loadPipeline,
  QUANTUM_RUN,
  quantumDataId,
} from "@almagest/pipeline";
import { formatters, tasks } from "../../packages/pipeline/src/fixtures/numeric-tasks.ts";

const [root = "", file = "", where = "", json = "{}"] = process.argv.slice(2);
const options = JSON.parse(json) as {
  inputs?: string[];
  run?: string;
  show?: boolean;
} & Partial<BuildGraphOptions>;
await using butler = await openButler(root, { formatters });
const graph = createPipelineGraph(await loadPipeline(file), { tasks, universe: butler.universe });
const baseMb = process.resourceUsage().maxRSS / 1024;
const start = performance.now();
const quanta = await buildQuantumGraph({
  ...options,
  source: butler,
  graph,
  inputs: options.inputs ?? ["defaults"],
  outputRun: options.run ?? "out",
  where,
});
const seconds = (performance.now() - start) / 1000;
const peakMb = process.resourceUsage().maxRSS / 1024;

const words = (dataId: Readonly<Record<string, unknown>>, required: readonly string[]): string =>
  [...required]
    .sort()
    .map((name) => `${name}=${dataId[name]}`)
    .join(",");
let quantumSum = 0n;
let edgeSum = 0n;
let quantumCount = 0;
let edgeCount = 0;
const seen: string[] = [];
const hash = (line: string): bigint =>
  BigInt(createHash("blake2b512").update(line).digest().readUIntBE(0, 6));
const counts: Record<string, number> = {};
for (const task of quanta.tasks) {
  const own = butler.universe.completeGroup(task.node.dimensions).required;
  const sides = [
    ...[...task.inputs, ...task.prerequisites].map((side) => ({ ...side, arrow: "<" })),
    ...task.outputs.map((side) => ({ ...side, arrow: ">" })),
  ].map(({ edge, links, arrow }) => {
    const table = quanta.datasets.get(edge.datasetType)!;
    const { required } = butler.universe.completeGroup(edge.dimensions);
    return { edge, links, arrow, table, required };
  });
  for (let q = 0; q < task.count; q++) {
    if (task.status[q] !== QUANTUM_RUN) continue;
    const name = `${task.node.label} ${words(quantumDataId(task, q), own)}`;
    counts[task.node.label] = (counts[task.node.label] ?? 0) + 1;
    quantumSum += hash(name);
    quantumCount++;
    const lines = new Set<string>();
    for (const { edge, links, arrow, table, required } of sides) {
      for (let i = links.offsets[q]!; i < links.offsets[q + 1]!; i++) {
        const dataId = datasetDataId(table, links.items[i]!);
        lines.add(`${name} ${arrow} ${edge.datasetType} ${words(dataId, required)}`);
      }
    }
    for (const line of lines) {
      edgeSum += hash(line);
      edgeCount++;
      if (options.show) seen.push(line);
    }
  }
}
const digest = (sum: bigint): string => (sum % 2n ** 48n).toString(16).padStart(12, "0");
process.stdout.write(
  `${JSON.stringify({
    counts,
    quanta: [quantumCount, digest(quantumSum)],
    edges: [edgeCount, digest(edgeSum)],
    seconds,
    peakMb,
    baseMb,
    seen: options.show ? seen.sort() : null,
  })}\n`,
);
