import { rename, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { constants, zstdCompressSync } from "node:zlib";
import { AlmagestError, type Clock, systemClock, uuid7 } from "@almagest/base";
import type { Butler, DataIdValue } from "@almagest/butler";
import type { Edge } from "../graph/task-node.ts";
import { itemsOf } from "../quanta/adjacency.ts";
import { type CodedRows, dataIdAt } from "../quanta/coded-rows.ts";
import {
  countStatus,
  DATASET_STORED,
  type EdgeLinks,
  QUANTUM_RUN,
  type QuantumGraph,
  type TaskQuanta,
} from "../quanta/quantum-graph.ts";
import { configTypeName, logTypeName, metadataTypeName, PACKAGES_TYPE_NAME } from "../run/implicit-types.ts";
import { type BlockAddress, encodeAddresses } from "./address-table.ts";
import { createDimensionCollector, type DimensionCollector } from "./dimension-data.ts";
import { formatExactJson } from "./exact-json.ts";
import { createGraphIds, type GraphIds } from "./graph-ids.ts";
import {
  CONFIG_CONNECTION,
  type DatasetModel,
  type GraphHeader,
  LOG_CONNECTION,
  METADATA_CONNECTION,
  type QuantumModel,
} from "./graph-models.ts";
import { serializePipelineGraph } from "./serialize-pipeline-graph.ts";
import { createZip, type ZipWriter } from "./stored-zip.ts";
import { coordinateAt, formatThinGraph, quantaToRun } from "./thin-graph.ts";

/** What is written besides the graph. */
export interface WriteGraphOptions {
  readonly butler: Pick<Butler, "expandDataIds" | "universe">;
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

interface Writing {
  readonly graph: QuantumGraph;
  readonly ids: GraphIds;
  readonly zip: ZipWriter;
  /** Values of the data ids of prerequisites, which have no rows. */
  readonly coordinates: ReadonlyMap<string, readonly (readonly DataIdValue[])[]>;
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
    const writing: Writing = { graph, ids: createGraphIds(graph, clock), zip, coordinates };
    const header = makeHeader(graph, options, clock);
    await addDocument(zip, "header", formatExactJson(header));
    const pipeline = serializePipelineGraph(graph.pipelineGraph, butler.universe);
    await addDocument(zip, "pipeline_graph", formatExactJson(pipeline));
    await addDocument(zip, "thin_graph", formatThinGraph(graph, writing.ids));
    await addDocument(zip, "dimension_data", formatExactJson(collector.finish()));
    await addDocument(zip, "init_quanta", formatExactJson(initQuanta(writing)));
    const { addresses, bytes } = await writeQuanta(writing);
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

/** Readers of the original need the size of the content in each frame; Node writes it. */
const compress = (text: string | Buffer): Buffer =>
  zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });

async function addDocument(zip: ZipWriter, name: string, json: string | Buffer): Promise<void> {
  await zip.begin(`${name}.json.zst`);
  await zip.write(compress(json));
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

function globalDataset(type: string, id: string, run: string): DatasetModel {
  return { dataset_id: id, dataset_type_name: type, data_coordinate: [], run };
}

function initQuanta({ graph, ids }: Writing): QuantumModel[] {
  const make = (label: string, outputs: QuantumModel["outputs"]): QuantumModel => ({
    quantum_id: ids.init(label),
    task_label: label,
    data_coordinate: [],
    inputs: {},
    outputs,
    datastore_records: {},
  });
  const packages = globalDataset(PACKAGES_TYPE_NAME, ids.packages, graph.outputRun);
  return [
    make("", { [PACKAGES_TYPE_NAME]: [packages] }),
    ...graph.tasks.map(({ node: { label, initInputs, initOutputs } }) => {
      const config = globalDataset(configTypeName(label), ids.config(label), graph.outputRun);
      const made = (edges: readonly Edge[]): [string, DatasetModel[]][] =>
        edges.flatMap(({ connection, datasetType }) =>
          graph.pipelineGraph.datasetTypes.get(datasetType)!.producer === undefined
            ? []
            : [[connection, [globalDataset(datasetType, ids.initOutput(datasetType), graph.outputRun)]]],
        );
      return {
        ...make(label, { ...Object.fromEntries(made(initOutputs)), [CONFIG_CONNECTION]: [config] }),
        inputs: Object.fromEntries(made(initInputs)),
      };
    }),
  ];
}

async function writeQuanta(writing: Writing): Promise<{ addresses: BlockAddress[]; bytes: number }> {
  const { graph, zip } = writing;
  const addresses: BlockAddress[] = [];
  let offset = 0;
  await zip.begin("quantum_datasets.mb");
  for (const task of graph.tasks) {
    for (const q of quantaToRun(task)) {
      const model = quantumModel(writing, task, q);
      const frame = compress(formatExactJson(model));
      const length = Buffer.alloc(8);
      length.writeBigUInt64BE(BigInt(frame.length));
      await zip.write(length);
      await zip.write(frame);
      addresses.push({ id: model.quantum_id, offset, size: frame.length + 8 });
      offset += frame.length + 8;
    }
  }
  return { addresses, bytes: offset };
}

function quantumModel(writing: Writing, task: TaskQuanta, quantum: number): QuantumModel {
  const { graph, ids } = writing;
  const { label } = task.node;
  const data_coordinate = coordinateAt(task.rows, quantum);
  const datasets = (edges: readonly EdgeLinks[]): Record<string, DatasetModel[]> =>
    Object.fromEntries(
      edges.map(({ edge, links }) => [
        edge.connection,
        Array.from(itemsOf(links, quantum), (row) => datasetModel(writing, edge.datasetType, row)),
      ]),
    );
  const own = (type: string, id: string): DatasetModel[] => [
    { dataset_id: id, dataset_type_name: type, data_coordinate, run: graph.outputRun },
  ];
  return {
    quantum_id: ids.quantum(label, quantum),
    task_label: label,
    data_coordinate,
    inputs: datasets([...task.inputs, ...task.prerequisites]),
    outputs: {
      ...datasets(task.outputs),
      [METADATA_CONNECTION]: own(metadataTypeName(label), ids.metadata(label, quantum)),
      [LOG_CONNECTION]: own(logTypeName(label), ids.log(label, quantum)),
    },
    datastore_records: {},
  };
}

function datasetModel({ graph, ids, coordinates }: Writing, type: string, row: number): DatasetModel {
  const table = graph.datasets.get(type)!;
  const ref = table.state[row] === DATASET_STORED ? table.refs[row] : undefined;
  return {
    dataset_id: ref?.id ?? ids.dataset(type, row),
    dataset_type_name: type,
    data_coordinate: table.rows ? coordinateAt(table.rows, row) : coordinates.get(type)![row]!,
    run: ref?.run ?? graph.outputRun,
  };
}
