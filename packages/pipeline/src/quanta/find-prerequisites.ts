import { AlmagestError } from "@almagest/base";
import type { BindValue, DataId, DatasetRef } from "@almagest/butler";
import type { Edge } from "../graph/task-node.ts";
import { type Adjacency, packLists } from "./adjacency.ts";
import { dataIdAt } from "./coded-rows.ts";
import type { GraphSource } from "./graph-source.ts";
import { QUANTUM_RUN, type TaskQuanta } from "./quantum-graph.ts";

/** Collects the references of one prerequisite dataset type, each once. */
export interface PrerequisiteTable {
  readonly refs: DatasetRef[];
  readonly rowOf: Map<string, number>;
}

type QuantaRows = Pick<TaskQuanta, "node" | "rows" | "count" | "requiredCount" | "status">;

const LARGEST_LIST = 2000;

/**
 * Finds what one prerequisite connection holds for each quantum that will run: calibrations by the time of its data id,
 * datasets of its own dimensions directly, others (reference catalogue shards) by overlap on the sky.
 * Throws `PIPELINE.PREREQUISITE_MISSING` when a quantum gets fewer than the connection's minimum.
 */
export async function findPrerequisites(
  source: GraphSource,
  task: QuantaRows,
  edge: Edge,
  inputs: readonly string[],
  table: PrerequisiteTable,
): Promise<Adjacency> {
  const lists: number[][] = Array.from({ length: task.count }, () => []);
  const active = Array.from({ length: task.count }, (_, q) => q).filter(
    (q) => task.status[q] === QUANTUM_RUN,
  );
  if (edge.lookup !== undefined && active.length > 0) {
    const question = {
      datasetType: edge.datasetType,
      dataIds: active.map((quantum) => dataIdAt(task.rows, quantum)),
      collections: inputs,
    };
    const found = await edge.lookup(source, question);
    for (const [i, quantum] of active.entries()) {
      for (const ref of found[i] ?? []) lists[quantum]!.push(rowOfRef(table, ref));
    }
    checkFound(task, edge, inputs, active, lists);
    return packLists(lists);
  }
  const registered = (await source.queryDatasetTypes(edge.datasetType)).length > 0;
  if (registered && active.length > 0) {
    const own = source.universe.completeGroup(task.node.dimensions);
    const wanted = source.universe.completeGroup(edge.dimensions);
    if (edge.isCalibration || wanted.required.every((name) => own.has(name))) {
      await findDirectly(source, task, edge, inputs, table, active, lists);
    } else await findByOverlap(source, task, edge, inputs, table, active, lists);
  }
  checkFound(task, edge, inputs, active, lists);
  return packLists(lists);
}

function rowOfRef(table: PrerequisiteTable, ref: DatasetRef): number {
  let row = table.rowOf.get(ref.id);
  if (row === undefined) {
    row = table.refs.push(ref) - 1;
    table.rowOf.set(ref.id, row);
  }
  return row;
}

async function findDirectly(
  source: GraphSource,
  task: QuantaRows,
  edge: Edge,
  inputs: readonly string[],
  table: PrerequisiteTable,
  active: readonly number[],
  lists: number[][],
): Promise<void> {
  const wanted = source.universe.completeGroup(edge.dimensions);
  const dataIds: DataId[] = [];
  const slotOf = new Map<string, number>();
  const slots = active.map((quantum) => {
    const dataId = dataIdAt(task.rows, quantum);
    // A calibration depends on the exposure's time too, so only plain ones can be shared between quanta.
    const key = edge.isCalibration ? String(quantum) : source.universe.dataIdKey(dataId, wanted);
    let slot = slotOf.get(key);
    if (slot === undefined) {
      slot = dataIds.push(dataId) - 1;
      slotOf.set(key, slot);
    }
    return slot;
  });
  const refs = await source.findDatasets(edge.datasetType, dataIds, { collections: inputs });
  for (const [i, quantum] of active.entries()) {
    const ref = refs[slots[i]!];
    if (ref) lists[quantum]!.push(rowOfRef(table, ref));
  }
}

async function findByOverlap(
  source: GraphSource,
  task: QuantaRows,
  edge: Edge,
  inputs: readonly string[],
  table: PrerequisiteTable,
  active: readonly number[],
  lists: number[][],
): Promise<void> {
  const own = source.universe.completeGroup(task.node.dimensions);
  const wanted = source.universe.completeGroup(edge.dimensions);
  const both = source.universe.completeGroup([...own.names, ...wanted.names]);
  const pairs = await source.queryDataIdTable(both.names, {
    ...narrowTo(task, active),
    datasets: [{ datasetType: edge.datasetType, collections: inputs }],
  });
  const quantumOf = new Map(
    active.map((quantum) => [source.universe.dataIdKey(dataIdAt(task.rows, quantum), own), quantum]),
  );
  const dataIds: DataId[] = [];
  const slotOf = new Map<string, number>();
  const found: [quantum: number, slot: number][] = [];
  for (const row of pairs.rows) {
    const dataId = Object.fromEntries(pairs.dimensions.map((name, i) => [name, row[i]!]));
    const quantum = quantumOf.get(source.universe.dataIdKey(dataId, own));
    if (quantum === undefined) continue;
    const key = source.universe.dataIdKey(dataId, wanted);
    let slot = slotOf.get(key);
    if (slot === undefined) {
      slot = dataIds.push(source.universe.conform(dataId, wanted)) - 1;
      slotOf.set(key, slot);
    }
    found.push([quantum, slot]);
  }
  const refs = await source.findDatasets(edge.datasetType, dataIds, { collections: inputs });
  // Shards in the order of their data ids, so that a quantum's list does not depend on how the query ran.
  const order = dataIds.map((_, slot) => slot).sort((a, b) => compareDataIds(dataIds[a]!, dataIds[b]!));
  const place = new Map(order.map((slot, position) => [slot, position]));
  found.sort((a, b) => a[0] - b[0] || place.get(a[1])! - place.get(b[1])!);
  for (const [quantum, slot] of found) {
    const ref = refs[slot];
    if (!ref) continue;
    const row = rowOfRef(table, ref);
    if (lists[quantum]!.at(-1) !== row) lists[quantum]!.push(row);
  }
}

function compareDataIds(a: DataId, b: DataId): number {
  for (const name of Object.keys(a)) {
    if (a[name] !== b[name]) return a[name]! < b[name]! ? -1 : 1;
  }
  return 0;
}

/** A data query that holds for all the quanta, to keep the Butler from looking at the whole repository. */
function narrowTo(
  task: QuantaRows,
  active: readonly number[],
): { where?: string; bind?: Record<string, BindValue> } {
  const terms: string[] = [];
  const bind: Record<string, BindValue> = {};
  for (let i = 0; i < task.requiredCount; i++) {
    const { dimension, values } = task.rows.codes[i]!;
    const codes = new Set<number>();
    for (const quantum of active) codes.add(task.rows.columns[i]![quantum]!);
    if (codes.size > LARGEST_LIST) continue;
    terms.push(`${dimension} IN (:wanted_${dimension})`);
    bind[`wanted_${dimension}`] = [...codes].sort((a, b) => a - b).map((code) => values[code]!);
  }
  return terms.length > 0 ? { where: terms.join(" AND "), bind } : {};
}

function checkFound(
  task: QuantaRows,
  edge: Edge,
  inputs: readonly string[],
  active: readonly number[],
  lists: readonly number[][],
): void {
  const lacking = active.filter((quantum) => lists[quantum]!.length < edge.minimum);
  if (lacking.length > 0) {
    const first = lacking.slice(0, 3).map((quantum) => dataIdAt(task.rows, quantum));
    throw new AlmagestError(
      "PIPELINE.PREREQUISITE_MISSING",
      `${task.node.label} needs '${edge.datasetType}', and ${lacking.length} of its ${active.length} quanta have none in ${inputs.join(", ")}, such as ${JSON.stringify(first[0])}.`,
      {
        fields: {
          label: task.node.label,
          datasetType: edge.datasetType,
          count: lacking.length,
          dataIds: first,
          inputs,
        },
      },
    );
  }
}

/** The error for a single connection with several datasets. */
export function severalDatasets(label: string, edge: Edge, dataId: DataId): AlmagestError {
  return new AlmagestError(
    "PIPELINE.TYPE_MISMATCH",
    `${label}: connection '${edge.connection}' takes one '${edge.datasetType}' but ${JSON.stringify(dataId)} has several; declare it as multiple.`,
    { fields: { label, connection: edge.connection, dataId } },
  );
}
