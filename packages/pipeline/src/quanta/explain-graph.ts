import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Butler, DataId } from "@almagest/butler";
import type { PipelineGraph } from "../graph/pipeline-graph.ts";
import { metadataTypeName } from "../run/implicit-types.ts";
import { buildPart, constrainingTypes, type DatasetQueryConstraint } from "./build-part.ts";
import { measureTask, type TaskMeasure } from "./estimate-cost.ts";
import { splitPipeline } from "./split-pipeline.ts";

/** What is asked about. */
export interface ExplainOptions {
  readonly butler: Butler;
  readonly graph: PipelineGraph;
  /** Input collections in search order. */
  readonly inputs: readonly string[];
  readonly where?: string;
  readonly dataId?: DataId;
  readonly datasetQueryConstraint?: DatasetQueryConstraint;
}

/** One data query: tasks that share datasets are found by it together. */
export interface ExplainedQuery {
  readonly labels: readonly string[];
  readonly dimensions: readonly string[];
  /** Dataset types that must exist for a row to be found. */
  readonly constrainedBy: readonly string[];
  readonly rows: number;
  readonly seconds: number;
}

/** What one task would come to. */
export interface ExplainedTask extends Partial<TaskMeasure> {
  readonly label: string;
  /** Most quanta there can be: none is dropped yet for lack of inputs, none skipped. */
  readonly quanta: number;
  readonly coreHours?: number;
}

/** What the datasets of one type would come to. */
export interface ExplainedDatasets {
  readonly name: string;
  readonly kind: "input" | "output";
  readonly count: number;
  /** Mean of a sample of earlier ones; undefined where there are none here. */
  readonly bytesEach?: number;
  readonly bytes?: number;
}

/** What building a graph would find, before it is built. */
export interface GraphExplanation {
  readonly queries: readonly ExplainedQuery[];
  readonly tasks: readonly ExplainedTask[];
  readonly datasets: readonly ExplainedDatasets[];
}

/** Earlier datasets whose files are measured per type. */
const SAMPLE = 20;

/** Asks the data queries of a graph and counts what follows from them, with costs by earlier runs; looks up no dataset of
 * its own and links nothing. Throws the Butler's query errors. */
export async function explainGraph(options: ExplainOptions): Promise<GraphExplanation> {
  const { butler, graph } = options;
  const registered = new Set((await butler.queryDatasetTypes()).map(({ name }) => name));
  const queries: ExplainedQuery[] = [];
  const tasks: ExplainedTask[] = [];
  const datasets: ExplainedDatasets[] = [];
  for (const part of splitPipeline(graph, butler.universe)) {
    const started = performance.now();
    const skeleton = await buildPart(butler, part, options);
    queries.push({
      labels: part.tasks.map(({ label }) => label),
      dimensions: part.group.names,
      constrainedBy: constrainingTypes(part, butler.universe, options.datasetQueryConstraint).map(
        ({ name }) => name,
      ),
      rows: skeleton.rowCount,
      seconds: (performance.now() - started) / 1000,
    });
    for (const { label } of part.tasks) {
      const quanta = skeleton.taskRows.get(label)!.count;
      const name = metadataTypeName(label);
      const measure = registered.has(name) ? await measureTask(butler, name) : undefined;
      const hours = measure ? { coreHours: (quanta * measure.secondsEach) / 3600 } : {};
      tasks.push({ label, quanta, ...measure, ...hours });
    }
    for (const { name, isOverallInput } of part.datasetTypes) {
      const count = skeleton.datasetRows.get(name)!.count;
      const bytesEach = registered.has(name) ? await sampleSize(butler, name) : undefined;
      datasets.push({
        name,
        kind: isOverallInput ? "input" : "output",
        count,
        ...(bytesEach === undefined ? {} : { bytesEach, bytes: bytesEach * count }),
      });
    }
  }
  const order = [...graph.tasks.keys()];
  tasks.sort((a, b) => order.indexOf(a.label) - order.indexOf(b.label));
  return { queries, tasks, datasets };
}

async function sampleSize(butler: Butler, datasetType: string): Promise<number | undefined> {
  const refs = await butler.queryDatasets(datasetType, { collections: "*", findFirst: false, limit: SAMPLE });
  let bytes = 0;
  let count = 0;
  for (const ref of refs) {
    if (!(await butler.exists(ref))) continue;
    const uri = await butler.getUri(ref);
    if (!uri.startsWith("file:") || uri.includes("#")) continue;
    bytes += (await stat(fileURLToPath(uri))).size;
    count++;
  }
  return count === 0 ? undefined : bytes / count;
}
