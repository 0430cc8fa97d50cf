import { AlmagestError } from "@almagest/base";
import type { DataId, DatasetRef, DimensionGroup } from "@almagest/butler";
import type { PipelineGraph } from "../graph/pipeline-graph.ts";
import type { Edge, TaskNode } from "../graph/task-node.ts";
import { logTypeName, metadataTypeName } from "../run/implicit-types.ts";
import { countOf, filterItems, itemsOf } from "./adjacency.ts";
import { adjustQuanta } from "./adjust-quanta.ts";
import { buildPart, type DatasetQueryConstraint, type PartSkeleton } from "./build-part.ts";
import { type CodedRows, dataIdAt } from "./coded-rows.ts";
import { type ExistingOutputs, findExistingOutputs } from "./existing-outputs.ts";
import { findPrerequisites, type PrerequisiteTable, severalDatasets } from "./find-prerequisites.ts";
import type { GraphSource } from "./graph-source.ts";
import { planReruns } from "./plan-reruns.ts";
import {
  countStatus,
  DATASET_PREDICTED,
  DATASET_STORED,
  type DatasetTable,
  datasetDataId,
  type EdgeLinks,
  QUANTUM_PRUNED,
  QUANTUM_RUN,
  QUANTUM_SKIPPED,
  type QuantumGraph,
  type TaskQuanta,
} from "./quantum-graph.ts";
import { splitPipeline } from "./split-pipeline.ts";

/** What a quantum graph is built for. */
export interface BuildGraphOptions {
  readonly source: GraphSource;
  readonly graph: PipelineGraph;
  /** Input collections in search order. */
  readonly inputs: readonly string[];
  readonly outputRun: string;
  readonly where?: string;
  readonly dataId?: DataId;
  /** Quanta whose metadata are in the output run or in these collections are skipped. */
  readonly skipExisting?: boolean;
  readonly skipExistingIn?: readonly string[];
  /** Globs of dataset types whose datasets were kept; all unless told. A finished quantum runs again when something that
   * runs reads another output of it. */
  readonly retainedDatasetTypes?: readonly string[];
  /** Which overall inputs must exist for data to be considered; all that do not defer it unless told. */
  readonly datasetQueryConstraint?: DatasetQueryConstraint;
  /** Outputs that an unfinished attempt left in the output run are replaced instead of being an error; true unless told
   * where existing quanta are skipped. */
  readonly clobber?: boolean;
}

interface Building extends BuildGraphOptions {
  readonly existing: ExistingOutputs;
  readonly datasets: Map<string, DatasetTable>;
  readonly prerequisites: Map<string, PrerequisiteTable>;
  readonly notes: string[];
  /** Data ids of each task's quanta. */
  readonly skeletonRows: Map<string, CodedRows>;
  /** Finished quanta that run again, by label. */
  readonly reruns: Map<string, Uint8Array>;
}

/**
 * Builds all quanta of a pipeline for a data query: which data ids each task runs on, with what inputs, from the
 * repository or from other quanta. Quanta that lack inputs are dropped, with what depends on them. The order is that of
 * the tasks, then of the data ids. Throws `PIPELINE.PREREQUISITE_MISSING`, `PIPELINE.TYPE_MISMATCH`,
 * `PIPELINE.OUTPUT_EXISTS`, and the Butler's query errors.
 */
export async function buildQuantumGraph(options: BuildGraphOptions): Promise<QuantumGraph> {
  const { source, graph } = options;
  const searched = [options.outputRun, ...(options.skipExistingIn ?? [])];
  const building: Building = {
    ...options,
    reruns: new Map(),
    skeletonRows: new Map(),
    existing: await findExistingOutputs(source, [...graph.tasks.values()], searched),
    datasets: new Map(),
    prerequisites: new Map(),
    notes: [],
  };
  const skeletons = new Map<string, PartSkeleton>();
  for (const part of splitPipeline(graph, source.universe)) {
    const skeleton = await buildPart(source, part, options);
    for (const task of part.tasks) skeletons.set(task.label, skeleton);
    if (skeleton.rowCount === 0) building.notes.push(await explainEmpty(building, skeleton));
    await openDatasets(building, skeleton);
  }
  const { existing } = building;
  const { retainedDatasetTypes: retained } = options;
  if (retained) {
    const question = { graph, universe: source.universe, existing, skeletons, retained };
    for (const [label, again] of planReruns(question)) building.reruns.set(label, again);
  }
  const tasks: TaskQuanta[] = [];
  let first = 0;
  for (const node of graph.tasks.values()) {
    const task = await buildTask(building, node, skeletons.get(node.label)!, first);
    tasks.push(task);
    first += task.count;
  }
  for (const [name, table] of building.prerequisites)
    building.datasets.set(name, prerequisiteTable(name, table));
  return {
    pipelineGraph: graph,
    inputs: options.inputs,
    outputRun: options.outputRun,
    where: options.where ?? "",
    tasks,
    datasets: building.datasets,
    count: first,
    notes: building.notes,
  };
}

/** Makes the tables of a part's dataset types; overall inputs are looked up. */
async function openDatasets(building: Building, skeleton: PartSkeleton): Promise<void> {
  for (const type of skeleton.part.datasetTypes) {
    const rows = skeleton.datasetRows.get(type.name)!;
    const { required } = building.source.universe.completeGroup(type.datasetType.dimensions);
    const refs: (DatasetRef | undefined)[] = new Array(rows.count);
    const state = new Uint8Array(rows.count);
    if (type.isOverallInput && (await building.source.queryDatasetTypes(type.name)).length > 0) {
      const dataIds = Array.from({ length: rows.count }, (_, row) => dataIdAt(rows, row));
      const found = await building.source.findDatasets(type.name, dataIds, { collections: building.inputs });
      for (const [row, ref] of found.entries()) {
        refs[row] = ref;
        if (ref) state[row] = DATASET_STORED;
      }
    }
    building.datasets.set(type.name, {
      name: type.name,
      count: rows.count,
      rows,
      requiredCount: required.length,
      state,
      refs,
      producer: new Int32Array(rows.count).fill(-1),
    });
  }
}

async function buildTask(
  building: Building,
  node: TaskNode,
  skeleton: PartSkeleton,
  first: number,
): Promise<TaskQuanta> {
  const rows = skeleton.taskRows.get(node.label)!;
  building.skeletonRows.set(node.label, rows);
  const group = building.source.universe.completeGroup(node.dimensions);
  const status = new Uint8Array(rows.count);
  const leftovers: DatasetRef[] = [];
  const outputs = node.outputs.map((edge) => ({ edge, links: skeleton.link(node.label, edge.datasetType) }));
  const inputs = node.inputs.map((edge) => {
    const { state } = building.datasets.get(edge.datasetType)!;
    return {
      edge,
      links: filterItems(skeleton.link(node.label, edge.datasetType), (row) => state[row] !== 0),
    };
  });
  const pruned = new Map<string, number>();
  for (let quantum = 0; quantum < rows.count; quantum++) {
    const again = building.reruns.get(node.label)?.[quantum] === 1;
    if (building.skipExisting && !again && isDone(building, node, quantum, group)) {
      status[quantum] = QUANTUM_SKIPPED;
      adoptOutputs(building, outputs, quantum);
      continue;
    }
    const lacking = inputs.find(({ edge, links }) => countOf(links, quantum) < edge.minimum);
    if (lacking) {
      status[quantum] = QUANTUM_PRUNED;
      pruned.set(lacking.edge.datasetType, (pruned.get(lacking.edge.datasetType) ?? 0) + 1);
    }
  }
  for (const [name, count] of pruned) {
    building.notes.push(
      `${node.label}: ${count} of ${rows.count} data ids dropped, as they have no '${name}'.`,
    );
  }
  const partial = { node, rows, count: rows.count, requiredCount: group.required.length, status };
  const prerequisites: EdgeLinks[] = [];
  for (const edge of node.prerequisites) {
    let table = building.prerequisites.get(edge.datasetType);
    if (!table) building.prerequisites.set(edge.datasetType, (table = { refs: [], rowOf: new Map() }));
    const links = await findPrerequisites(building.source, partial, edge, building.inputs, table);
    prerequisites.push({ edge, links });
  }
  const running = (): number[] => [...rowsWith(status, QUANTUM_RUN)];
  const adjusted = adjustQuanta(
    { ...partial, inputs, prerequisites, outputs, tableOf: ({ edge }) => tableOf(building, edge) },
    running(),
  );
  for (const quantum of adjusted.dropped.keys()) status[quantum] = QUANTUM_PRUNED;
  for (const [reason, quanta] of Map.groupBy(adjusted.dropped, ([, reason]) => reason)) {
    building.notes.push(`${node.label}: ${quanta.length} of ${rows.count} data ids dropped: ${reason}.`);
  }
  for (const quantum of running()) {
    const several = [...adjusted.inputs, ...adjusted.prerequisites].find(
      ({ edge, links }) => !edge.multiple && countOf(links, quantum) > 1,
    );
    if (several) throw severalDatasets(node.label, several.edge, dataIdAt(rows, quantum));
    predictOutputs(building, outputs, quantum);
    leftovers.push(...findLeftovers(building, node, outputs, quantum, group));
  }
  const { inputs: kept, prerequisites: found } = adjusted;
  return { ...partial, first, inputs: kept, prerequisites: found, outputs, leftovers };
}

function* rowsWith(status: Uint8Array, wanted: number): Generator<number> {
  for (let quantum = 0; quantum < status.length; quantum++) if (status[quantum] === wanted) yield quantum;
}

/** The table of a connection's datasets, prerequisites found so far included. */
function tableOf(building: Building, { kind, datasetType }: Edge): DatasetTable {
  if (kind !== "prerequisite") return building.datasets.get(datasetType)!;
  return prerequisiteTable(datasetType, building.prerequisites.get(datasetType)!);
}

function isDone(building: Building, node: TaskNode, quantum: number, group: DimensionGroup): boolean {
  if (building.existing.isEmpty) return false;
  const dataId = dataIdAt(building.skeletonRows.get(node.label)!, quantum);
  const key = building.source.universe.dataIdKey(dataId, group);
  return building.existing.find(metadataTypeName(node.label), key) !== undefined;
}

function adoptOutputs(building: Building, outputs: readonly EdgeLinks[], quantum: number): void {
  for (const { edge, links } of outputs) {
    const table = building.datasets.get(edge.datasetType)!;
    for (const row of itemsOf(links, quantum)) {
      const ref = existingRef(building, table, row);
      if (!ref) continue;
      (table.refs as (DatasetRef | undefined)[])[row] = ref;
      table.state[row] = DATASET_STORED;
    }
  }
}

function predictOutputs(building: Building, outputs: readonly EdgeLinks[], quantum: number): void {
  for (const { edge, links } of outputs) {
    const table = building.datasets.get(edge.datasetType)!;
    for (const row of itemsOf(links, quantum)) {
      table.state[row] = DATASET_PREDICTED;
      table.producer[row] = quantum;
    }
  }
}

function existingRef(building: Building, table: DatasetTable, row: number): DatasetRef | undefined {
  const group = building.source.universe.completeGroup(
    building.graph.datasetTypes.get(table.name)!.datasetType.dimensions,
  );
  return building.existing.find(
    table.name,
    building.source.universe.dataIdKey(datasetDataId(table, row), group),
  );
}

/** What an unfinished or failed attempt left in the output run. Without `skipExisting` anything there is an error. */
function findLeftovers(
  building: Building,
  node: TaskNode,
  outputs: readonly EdgeLinks[],
  quantum: number,
  group: DimensionGroup,
): DatasetRef[] {
  if (building.existing.isEmpty) return [];
  const found: DatasetRef[] = [];
  const { universe } = building.source;
  const key = universe.dataIdKey(dataIdAt(building.skeletonRows.get(node.label)!, quantum), group);
  for (const name of [logTypeName(node.label), metadataTypeName(node.label)]) {
    const ref = building.existing.find(name, key);
    if (ref?.run === building.outputRun) found.push(ref);
  }
  for (const { edge, links } of outputs) {
    const table = building.datasets.get(edge.datasetType)!;
    for (const row of itemsOf(links, quantum)) {
      const ref = existingRef(building, table, row);
      if (ref?.run === building.outputRun) found.push(ref);
    }
  }
  if (found.length > 0 && !(building.clobber ?? building.skipExisting)) {
    throw new AlmagestError(
      "PIPELINE.OUTPUT_EXISTS",
      `The run '${building.outputRun}' already holds '${found[0]!.datasetType.name}' for ${JSON.stringify(found[0]!.dataId)}; skip existing quanta or use a new run.`,
      { fields: { run: building.outputRun, label: node.label, datasetType: found[0]!.datasetType.name } },
    );
  }
  return found;
}

/** Says which of the constraining inputs are not there at all. */
async function explainEmpty(building: Building, skeleton: PartSkeleton): Promise<string> {
  const labels = skeleton.part.tasks.map(({ label }) => label).join(", ");
  const constraining = skeleton.part.datasetTypes
    .filter((type) => type.constrainsQuery)
    .map((type) => type.name);
  const missing: string[] = [];
  for (const name of constraining) {
    const known = (await building.source.queryDatasetTypes(name)).length > 0;
    const some = known
      ? await building.source.queryDatasets(name, {
          collections: building.inputs,
          findFirst: false,
          limit: 1,
        })
      : [];
    if (some.length === 0) missing.push(name);
  }
  const reason =
    missing.length > 0
      ? `there is no ${missing.join(", no ")} in ${building.inputs.join(", ")}`
      : `no data match ${building.where ? `"${building.where}"` : "(no data query)"} with ${constraining.join(", ") || "any records"} in ${building.inputs.join(", ")}`;
  return `${labels}: nothing to do, as ${reason}.`;
}

function prerequisiteTable(name: string, { refs }: PrerequisiteTable): DatasetTable {
  return {
    name,
    count: refs.length,
    requiredCount: 0,
    state: new Uint8Array(refs.length).fill(DATASET_STORED),
    refs,
    producer: new Int32Array(refs.length).fill(-1),
  };
}

/** Number of quanta that will run, and that are skipped, per label. */
export function countQuanta(graph: QuantumGraph): { label: string; run: number; skipped: number }[] {
  return graph.tasks.map((task) => ({
    label: task.node.label,
    run: countStatus(task, QUANTUM_RUN),
    skipped: countStatus(task, QUANTUM_SKIPPED),
  }));
}
