import { rename, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { AlmagestError, type Clock, systemClock, uuid7 } from "@almagest/base";
import type { Butler } from "@almagest/butler";
import { itemsOf } from "../quanta/adjacency.ts";
import { type CodedRows, dataIdAt } from "../quanta/coded-rows.ts";
import {
  countStatus,
  type EdgeLinks,
  QUANTUM_RUN,
  type QuantumGraph,
  type TaskQuanta,
} from "../quanta/quantum-graph.ts";
import { type AddressRow, encodeAddresses } from "./address-table.ts";
import { createDimensionCollector, type DimensionCollector } from "./dimension-data.ts";
import { formatExactJson } from "./exact-json.ts";
import { addDocument, encodeBlock } from "./graph-archive.ts";
import { createGraphIds } from "./graph-ids.ts";
import type { GraphHeader } from "./graph-models.ts";
import { createInputRecords, NO_RECORDS } from "./input-records.ts";
import { initQuanta, type ModelSource, quantumModel, storedInputs } from "./quantum-models.ts";
import { serializePipelineGraph } from "./serialize-pipeline-graph.ts";
import { createZip, type ZipWriter } from "./stored-zip.ts";
import { formatThinGraph, quantaToRun } from "./thin-graph.ts";

/** What is written besides the graph. */
export interface WriteGraphOptions {
  readonly butler: Pick<Butler, "expandDataIds" | "universe"> & Partial<Pick<Butler, "storedFiles">>;
  /** Path of the repository: with it, the file tells where each quantum's stored inputs are, so that quanta run without the
   * database (the original's `run-qbb`). */
  readonly location?: string;
  /** Ends in `.qg`. */
  readonly path: string;
  /** Chain that the run belongs to. */
  readonly output?: string;
  /** Command line to note. */
  readonly command?: string;
  readonly clock?: Clock;
}

/** What was written. */
export interface WrittenGraph {
  readonly quanta: number;
  readonly datasets: number;
  readonly bytes: number;
}

/**
 * Writes the quanta that are to run as a `.qg` file (FORMAT_VERSION 1) that `lsst.pipe.base` reads: header, pipeline, thin
 * graph, dimension records, and each quantum as a block of its own. Datasets and quanta get the ids that a run of the
 * file will use. Replaces a file of that name at once. Throws `PIPELINE.RUN_INVALID` for another extension.
 */
export async function writeGraphFile(graph: QuantumGraph, options: WriteGraphOptions): Promise<WrittenGraph> {
  const { butler, path, clock = systemClock } = options;
  if (!path.endsWith(".qg")) {
    throw new AlmagestError("PIPELINE.RUN_INVALID", `A quantum graph file is named *.qg, not ${path}.`, {
      fields: { path },
    });
  }
  const collector = createDimensionCollector(butler);
  const coordinates = await collectRecords(graph, butler, collector);
  const temporary = `${path}.${process.pid}.tmp`;
  const zip = await createZip(temporary);
  try {
    const { storedFiles } = butler;
    const records =
      options.location === undefined || storedFiles === undefined
        ? NO_RECORDS
        : await createInputRecords({ universe: butler.universe, storedFiles }, options.location);
    const writing: ModelSource = { graph, ids: createGraphIds(graph, clock), records, coordinates };
    const header = makeHeader(graph, options, clock);
    await addDocument(zip, "header", formatExactJson(header));
    const pipeline = serializePipelineGraph(graph.pipelineGraph, butler.universe);
    await addDocument(zip, "pipeline_graph", formatExactJson(pipeline));
    await addDocument(zip, "thin_graph", formatThinGraph(graph, writing.ids));
    await addDocument(zip, "dimension_data", formatExactJson(collector.finish()));
    await addDocument(zip, "init_quanta", formatExactJson(initQuanta(writing)));
    const { addresses, bytes } = await writeQuanta(writing, zip);
    await zip.begin("quanta.addr");
    await zip.write(encodeAddresses(addresses));
    await zip.finish();
    await zip.close();
    await rename(temporary, path);
    return { quanta: header.n_quanta, datasets: header.n_datasets, bytes };
  } catch (error) {
    await zip.close();
    await rm(temporary, { force: true });
    throw error;
  }
}

async function collectRecords(
  graph: QuantumGraph,
  { universe }: Pick<Butler, "universe">,
  collector: DimensionCollector,
): Promise<Map<string, (string | number)[][]>> {
  const done = new Set<CodedRows>();
  const addRows = async (rows: CodedRows, dimensions: readonly string[]): Promise<void> => {
    if (done.has(rows)) return;
    done.add(rows);
    const group = universe.completeGroup(dimensions);
    const dataIds = Array.from({ length: rows.count }, (_, row) => dataIdAt(rows, row));
    await collector.add(dataIds, group);
  };
  for (const task of graph.tasks) await addRows(task.rows, task.node.dimensions);
  const coordinates = new Map<string, (string | number)[][]>();
  for (const [name, table] of graph.datasets) {
    const { dimensions } = graph.pipelineGraph.datasetTypes.get(name)!.datasetType;
    if (table.rows) await addRows(table.rows, dimensions);
    else {
      const group = universe.completeGroup(dimensions);
      coordinates.set(
        name,
        await collector.add(
          table.refs.map((ref) => ref!.dataId),
          group,
        ),
      );
    }
  }
  return coordinates;
}

function makeHeader(graph: QuantumGraph, options: WriteGraphOptions, clock: Clock): GraphHeader {
  const counts = graph.tasks.map((task) => [task.node.label, countStatus(task, QUANTUM_RUN)] as const);
  const quanta = counts.reduce((sum, [, count]) => sum + count, 0);
  return {
    version: 1,
    graph_type: "predicted",
    inputs: graph.inputs,
    output: options.output ?? null,
    output_run: graph.outputRun,
    user: userInfo().username,
    timestamp: new Date(clock.nowMs()).toISOString(),
    command: options.command ?? "",
    metadata: { data_query: graph.where, writer: "almagest" },
    int_size: 8,
    n_quanta: quanta,
    n_datasets: countDatasets(graph) + 2 * quanta + graph.tasks.length + 1 + countInit(graph),
    n_task_quanta: Object.fromEntries(counts),
    provenance_dataset_id: uuid7(clock),
  };
}

/** Init outputs; init inputs from elsewhere are not told in the file. */
function countInit({ tasks }: QuantumGraph): number {
  return tasks.reduce((sum, { node }) => sum + node.initOutputs.length, 0);
}

const edgesOf = (task: TaskQuanta): EdgeLinks[] => [...task.inputs, ...task.prerequisites, ...task.outputs];

function countDatasets(graph: QuantumGraph): number {
  const used = new Map([...graph.datasets].map(([name, table]) => [name, new Uint8Array(table.count)]));
  for (const task of graph.tasks) {
    for (const { edge, links } of edgesOf(task)) {
      const seen = used.get(edge.datasetType)!;
      for (const q of quantaToRun(task)) for (const row of itemsOf(links, q)) seen[row] = 1;
    }
  }
  let count = 0;
  for (const seen of used.values()) for (const flag of seen) count += flag;
  return count;
}

/** Quanta whose inputs are looked up together. */
const RECORDS_TOGETHER = 1000;

async function writeQuanta(
  writing: ModelSource,
  zip: ZipWriter,
): Promise<{ addresses: AddressRow[]; bytes: number }> {
  const { graph } = writing;
  const addresses: AddressRow[] = [];
  let offset = 0;
  await zip.begin("quantum_datasets.mb");
  for (const task of graph.tasks) {
    let position = 0;
    for (const q of quantaToRun(task)) {
      if (writing.records !== NO_RECORDS && position++ % RECORDS_TOGETHER === 0) {
        const next = quantaToRun(task, q).take(RECORDS_TOGETHER);
        const refs = next.flatMap((each) => storedInputs(graph, task, each));
        await writing.records.prepare(refs.toArray());
      }
      const model = quantumModel(writing, task, q);
      const block = encodeBlock(formatExactJson(model));
      await zip.write(block);
      addresses.push({ id: model.quantum_id, places: [{ offset, size: block.length }] });
      offset += block.length;
    }
  }
  return { addresses, bytes: offset };
}
