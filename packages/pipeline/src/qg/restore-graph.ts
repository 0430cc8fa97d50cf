import { AlmagestError } from "@almagest/base";
import type { Butler, DatasetRef, Universe } from "@almagest/butler";
import { createPipelineGraph } from "../graph/pipeline-graph.ts";
import type { TaskTable } from "../graph/task-node.ts";
import { itemsOf } from "../quanta/adjacency.ts";
import type { ExistingOutputs } from "../quanta/existing-outputs.ts";
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
import type { GraphIds } from "./graph-ids.ts";
import { CONFIG_CONNECTION } from "./graph-models.ts";
import type { GraphFile } from "./open-graph-file.ts";
import { collectQuanta, type QuantaDraft } from "./quanta-draft.ts";
import { restorePipeline } from "./restore-pipeline.ts";
import { type RunContents, registeredContents, soughtOutputs } from "./run-contents.ts";

/** What a stored graph is restored with. */
export interface RestoreOptions {
  readonly butler: Butler;
  readonly tasks: TaskTable;
  /** Only these quanta; all unless told. */
  readonly quantumIds?: readonly string[];
}

/** What is asked while a stored graph is restored: a Butler, or what knows the repository's files only. */
export interface RestoreSource {
  readonly butler: Pick<Butler, "universe" | "queryDatasetTypes">;
  readonly contents: RunContents;
}

/**
 * A stored graph, ready to run: what its output run holds already is skipped, and what failed attempts left there is to be
 * purged. Throws `PIPELINE.QG_INVALID`, `PIPELINE.QUANTUM_UNKNOWN`, `PIPELINE.INPUTS_PENDING` when chosen quanta wait for
 * others, and the errors of `createPipelineGraph`.
 */
export async function restoreGraph(file: GraphFile, options: RestoreOptions): Promise<QuantumGraph> {
  const { butler } = options;
  const contents = registeredContents(butler, file.header.output_run);
  return restoreQuanta(file, { butler, contents }, options);
}

/** The same from any source. Throws as `restoreGraph`. */
export async function restoreQuanta(
  file: GraphFile,
  source: RestoreSource,
  options: Pick<RestoreOptions, "tasks" | "quantumIds">,
): Promise<QuantumGraph> {
  const { butler, contents } = source;
  const { tasks } = options;
  const registered = new Map((await butler.queryDatasetTypes()).map((type) => [type.name, type]));
  const pipelineGraph = createPipelineGraph(restorePipeline(await file.readPipeline(), tasks, file.path), {
    tasks,
    universe: butler.universe,
    registered,
  });
  const { quantumIds } = options;
  const draft = await collectQuanta(file, pipelineGraph, butler.universe, {
    ...(quantumIds ? { quantumIds } : {}),
    onQuantum: (quantum) => contents.note?.(quantum),
  });
  const outputRun = file.header.output_run;
  const all = quantumIds === undefined ? [...pipelineGraph.tasks.values()] : undefined;
  const existing = await contents.find(soughtOutputs(draft), all);
  const settled = draft.tasks.map((task) => settleTask(butler.universe, draft, task, existing));
  if (quantumIds !== undefined) await checkPending(file, source, draft);
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
  universe: Universe,
  { datasets }: QuantaDraft,
  task: TaskQuanta,
  existing: ExistingOutputs,
): TaskQuanta {
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
        const ref = findRow(universe, table, row, existing);
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
  universe: Universe,
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
async function checkPending(
  file: GraphFile,
  { butler: { universe }, contents }: RestoreSource,
  draft: QuantaDraft,
): Promise<void> {
  const outside: { readonly table: DatasetTable; readonly row: number; readonly ref: DatasetRef }[] = [];
  for (const table of draft.datasets.values()) {
    for (let row = 0; row < table.count; row++) {
      const ref = table.state[row] === DATASET_STORED ? table.refs[row] : undefined;
      if (ref?.run === file.header.output_run) outside.push({ table, row, ref });
    }
  }
  const there = await contents.find(
    outside.map(({ ref: { datasetType, dataId, id } }) => ({ datasetType: datasetType.name, dataId, id })),
  );
  const missing = outside.filter(({ table, row }) => findRow(universe, table, row, there) === undefined);
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
    const datasetType = metadataTypeName(label);
    const ended = await contents.find(dataIds.map((dataId) => ({ datasetType, dataId })));
    const open = dataIds.findIndex(
      (dataId) => ended.find(datasetType, universe.dataIdKey(dataId, group)) === undefined,
    );
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
