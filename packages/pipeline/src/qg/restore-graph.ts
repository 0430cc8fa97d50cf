import { AlmagestError } from "@almagest/base";
import type { Butler, DatasetRef } from "@almagest/butler";
import { createPipelineGraph } from "../graph/pipeline-graph.ts";
import type { TaskTable } from "../graph/task-node.ts";
import { itemsOf } from "../quanta/adjacency.ts";
import { type ExistingOutputs, findExistingOutputs } from "../quanta/existing-outputs.ts";
import {
  DATASET_PREDICTED,
  DATASET_STORED,
  type DatasetTable,
  datasetDataId,
  QUANTUM_SKIPPED,
  type QuantumGraph,
  quantumDataId,
  type TaskQuanta,
} from "../quanta/quantum-graph.ts";
import { logTypeName, metadataTypeName } from "../run/implicit-types.ts";
import { findDraftOutputs, findInRun } from "./find-draft-outputs.ts";
import type { GraphIds } from "./graph-ids.ts";
import { CONFIG_CONNECTION } from "./graph-models.ts";
import type { GraphFile } from "./open-graph-file.ts";
import { collectQuanta, type QuantaDraft } from "./quanta-draft.ts";
import { restorePipeline } from "./restore-pipeline.ts";

/** What a stored graph is restored with. */
export interface RestoreOptions {
  readonly butler: Butler;
  readonly tasks: TaskTable;
  /** Only these quanta; all unless told. */
  readonly quantumIds?: readonly string[];
}

/**
 * A stored graph, ready to run: what its output run holds already is skipped, and what failed attempts left there is to be
 * purged. Throws `PIPELINE.QG_INVALID`, `PIPELINE.QUANTUM_UNKNOWN`, `PIPELINE.INPUTS_PENDING` when chosen quanta wait for
 * others, and the errors of `createPipelineGraph`.
 */
export async function restoreGraph(file: GraphFile, options: RestoreOptions): Promise<QuantumGraph> {
  const { butler, tasks } = options;
  const registered = new Map((await butler.queryDatasetTypes()).map((type) => [type.name, type]));
  const pipelineGraph = createPipelineGraph(restorePipeline(await file.readPipeline(), tasks, file.path), {
    tasks,
    universe: butler.universe,
    registered,
  });
  const draft = await collectQuanta(file, pipelineGraph, butler.universe, options.quantumIds);
  const outputRun = file.header.output_run;
  const existing =
    options.quantumIds === undefined
      ? await findExistingOutputs(butler, [...pipelineGraph.tasks.values()], [outputRun])
      : await findDraftOutputs(butler, draft, outputRun);
  const settled = draft.tasks.map((task) => settleTask(butler, draft, task, existing));
  if (options.quantumIds !== undefined) await checkPending(file, butler, draft);
  return {
    pipelineGraph,
    inputs: file.header.inputs,
    outputRun,
    where: String(file.header.metadata.data_query ?? ""),
    tasks: settled,
    datasets: draft.datasets,
    count: settled.reduce((sum, { count }) => sum + count, 0),
    notes: [],
    ids: await createStoredIds(file, draft),
  };
}

/** Marks what is done, and what each other quantum will make. */
function settleTask(
  butler: Butler,
  { datasets }: QuantaDraft,
  task: TaskQuanta,
  existing: ExistingOutputs,
): TaskQuanta {
  const { universe } = butler;
  const { label, dimensions } = task.node;
  const group = universe.completeGroup(dimensions);
  const leftovers: DatasetRef[] = [];
  for (let q = 0; q < task.count; q++) {
    const key = universe.dataIdKey(quantumDataId(task, q), group);
    const done = existing.find(metadataTypeName(label), key) !== undefined;
    if (done) task.status[q] = QUANTUM_SKIPPED;
    const log = existing.find(logTypeName(label), key);
    if (log && !done) leftovers.push(log);
    for (const { edge, links } of task.outputs) {
      const table = datasets.get(edge.datasetType)!;
      for (const row of itemsOf(links, q)) {
        const ref = findRow(butler, table, row, existing);
        table.state[row] = done ? (ref ? DATASET_STORED : 0) : DATASET_PREDICTED;
        table.producer[row] = done ? -1 : q;
        (table.refs as (DatasetRef | undefined)[])[row] = done ? ref : undefined;
        if (ref && !done) leftovers.push(ref);
      }
    }
  }
  return { ...task, leftovers };
}

function findRow(
  { universe }: Butler,
  table: DatasetTable,
  row: number,
  existing: ExistingOutputs,
): DatasetRef | undefined {
  const required = table.rows!.codes.slice(0, table.requiredCount).map(({ dimension }) => dimension);
  return existing.find(
    table.name,
    universe.dataIdKey(datasetDataId(table, row), universe.completeGroup(required)),
  );
}

/** Inputs that other quanta of the stored graph make must be there, or their makers must have ended without them. */
async function checkPending(file: GraphFile, butler: Butler, draft: QuantaDraft): Promise<void> {
  const { universe } = butler;
  const outside: { readonly table: DatasetTable; readonly row: number; readonly id: string }[] = [];
  for (const table of draft.datasets.values()) {
    for (let row = 0; row < table.count; row++) {
      const ref = table.state[row] === DATASET_STORED ? table.refs[row] : undefined;
      if (ref?.run === file.header.output_run) outside.push({ table, row, id: ref.id });
    }
  }
  const there = new Set((await butler.getDatasets(outside.map(({ id }) => id))).map(({ id }) => id));
  const missing = outside.filter(({ id }) => !there.has(id));
  if (missing.length === 0) return;
  for (const { table, row } of missing) table.state[row] = 0;
  const loaded = new Set([...draft.quantumIds.values()].flat());
  const { quanta, edges } = await file.readThinGraph();
  const before = new Set(edges.flatMap(([from, to]) => (loaded.has(to) && !loaded.has(from) ? [from] : [])));
  for (const [label, list] of Object.entries(quanta)) {
    const group = universe.completeGroup(draft.dimensionsOf(label));
    const names = [...group.required, ...group.implied];
    const asked = list.filter(({ quantum_id }) => before.has(quantum_id));
    const dataIds = asked.map(({ data_coordinate }) =>
      Object.fromEntries(names.map((name, i) => [name, data_coordinate[i]!])),
    );
    const ended = await findInRun(butler, metadataTypeName(label), dataIds, file.header.output_run);
    const open = dataIds.findIndex((dataId) => !ended.has(universe.dataIdKey(dataId, group)));
    if (open < 0) continue;
    const { quantum_id } = asked[open]!;
    throw new AlmagestError(
      "PIPELINE.INPUTS_PENDING",
      `The chosen quanta read what ${label} ${JSON.stringify(dataIds[open])} (${quantum_id}) has not made yet; run that first.`,
      { fields: { label, quantum: quantum_id } },
    );
  }
}

async function createStoredIds(file: GraphFile, draft: QuantaDraft): Promise<GraphIds> {
  const init = new Map<string, string>();
  const configs = new Map<string, string>();
  const initOutputs = new Map<string, string>();
  for (const each of await file.readInitQuanta()) {
    init.set(each.task_label, each.quantum_id);
    const [output] = each.outputs[CONFIG_CONNECTION] ?? Object.values(each.outputs).flat();
    for (const made of Object.values(each.outputs).flat())
      initOutputs.set(made.dataset_type_name, made.dataset_id);
    if (output) configs.set(each.task_label, output.dataset_id);
  }
  return {
    quantum: (label, quantum) => draft.quantumIds.get(label)![quantum]!,
    metadata: (label, quantum) => draft.metadataIds.get(label)![quantum]!,
    log: (label, quantum) => draft.logIds.get(label)![quantum]!,
    dataset: (datasetType, row) => draft.datasetIds.get(datasetType)![row]!,
    config: (label) => configs.get(label)!,
    init: (label) => init.get(label)!,
    initOutput: (datasetType) => initOutputs.get(datasetType)!,
    packages: configs.get("")!,
  };
}
