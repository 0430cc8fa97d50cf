import { AlmagestError } from "@almagest/base";
import type { DatasetRef, LocatedDataset } from "@almagest/butler";
import type { PipelineGraph } from "../graph/pipeline-graph.ts";
import type { Edge, TaskNode } from "../graph/task-node.ts";
import type { GraphIds } from "../qg/graph-ids.ts";
import type { RunButler } from "./run-butler.ts";

/** Where the init inputs of each task are, by label and connection. */
export type InitInputs = ReadonlyMap<string, Readonly<Record<string, LocatedDataset>>>;

/** Where init inputs are looked for, and under which ids outputs go. */
export interface InitOptions {
  readonly outputRun: string;
  /** In search order. */
  readonly inputs: readonly string[];
  readonly ids?: Pick<GraphIds, "initOutput">;
}

/**
 * Makes the init outputs of every task that has some, in running order; those that the run holds already stay. Throws
 * `PIPELINE.INIT_INPUT_MISSING`, `PIPELINE.OUTPUT_INVALID`, and what a task's `init` throws.
 */
export async function runInits(
  butler: RunButler,
  graph: PipelineGraph,
  options: InitOptions,
): Promise<InitInputs> {
  const found = new Map<string, Readonly<Record<string, LocatedDataset>>>();
  for (const node of graph.tasks.values()) {
    if (node.initInputs.length + node.initOutputs.length === 0) continue;
    const refs = await Promise.all(
      node.initInputs.map((edge) => findInput(butler, graph, node, edge, options)),
    );
    const located = await butler.locate(refs);
    found.set(
      node.label,
      Object.fromEntries(node.initInputs.map(({ connection }, i) => [connection, located[i]!])),
    );
    if (node.initOutputs.length > 0) await makeOutputs(butler, node, refs, options);
  }
  return found;
}

async function findInput(
  butler: RunButler,
  graph: PipelineGraph,
  node: TaskNode,
  { datasetType, connection }: Edge,
  { outputRun, inputs }: InitOptions,
): Promise<DatasetRef> {
  const isMade = graph.datasetTypes.get(datasetType)!.producer !== undefined;
  const collections = isMade ? [outputRun] : inputs;
  const known = (await butler.queryDatasetTypes(datasetType)).length > 0;
  const ref = known ? await butler.findDataset(datasetType, {}, { collections }) : undefined;
  if (ref) return ref;
  throw new AlmagestError(
    "PIPELINE.INIT_INPUT_MISSING",
    `${node.label} begins with '${datasetType}' (${connection}), which is not in ${collections.join(", ")}.`,
    { fields: { label: node.label, datasetType, collections } },
  );
}

async function makeOutputs(
  butler: RunButler,
  node: TaskNode,
  inputs: readonly DatasetRef[],
  { outputRun, ids }: InitOptions,
): Promise<void> {
  const { label, task, resolved, initInputs, initOutputs } = node;
  const there = await Promise.all(
    initOutputs.map(({ datasetType }) => butler.findDataset(datasetType, {}, { collections: outputRun })),
  );
  if (there.every((ref) => ref !== undefined)) return;
  const values = await Promise.all(inputs.map((ref) => butler.get(ref)));
  const made = await task.init?.({
    label,
    config: resolved.config,
    initInputs: Object.fromEntries(initInputs.map(({ connection }, i) => [connection, values[i]])),
  });
  for (const [i, { connection, datasetType }] of initOutputs.entries()) {
    if (there[i] !== undefined) continue;
    const value = made?.[connection];
    if (value === undefined) {
      throw new AlmagestError(
        "PIPELINE.OUTPUT_INVALID",
        `${label} did not make its init output '${connection}'.`,
        { fields: { label, connection } },
      );
    }
    await butler.put(
      value,
      datasetType,
      {},
      { run: outputRun, ...(ids ? { id: ids.initOutput(datasetType) } : {}) },
    );
  }
}
