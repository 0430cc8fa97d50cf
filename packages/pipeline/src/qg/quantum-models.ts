import type { DataIdValue, DatasetRef } from "@almagest/butler";
import type { Edge } from "../graph/task-node.ts";
import { itemsOf } from "../quanta/adjacency.ts";
import {
  DATASET_STORED,
  type EdgeLinks,
  type QuantumGraph,
  type TaskQuanta,
} from "../quanta/quantum-graph.ts";
import { configTypeName, logTypeName, metadataTypeName, PACKAGES_TYPE_NAME } from "../run/implicit-types.ts";
import type { GraphIds } from "./graph-ids.ts";
import {
  CONFIG_CONNECTION,
  type DatasetModel,
  LOG_CONNECTION,
  METADATA_CONNECTION,
  type QuantumModel,
} from "./graph-models.ts";
import type { InputRecords } from "./input-records.ts";
import { coordinateAt } from "./thin-graph.ts";

/** What the documents of quanta are made from. */
export interface ModelSource {
  readonly graph: QuantumGraph;
  readonly ids: GraphIds;
  readonly records: InputRecords;
  /** Values of the data ids of prerequisites, which have no rows. */
  readonly coordinates: ReadonlyMap<string, readonly (readonly DataIdValue[])[]>;
}

function globalDataset(type: string, id: string, run: string): DatasetModel {
  return { dataset_id: id, dataset_type_name: type, data_coordinate: [], run };
}

/** Documents of what happens once per run: versions, configurations and init outputs. */
export function initQuanta({ graph, ids }: ModelSource): QuantumModel[] {
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

/** Inputs of a quantum that are stored already: the graph's overall inputs. */
export function storedInputs(graph: QuantumGraph, task: TaskQuanta, quantum: number): DatasetRef[] {
  return [...task.inputs, ...task.prerequisites].flatMap(({ edge, links }) => {
    const { state, refs } = graph.datasets.get(edge.datasetType)!;
    return Array.from(itemsOf(links, quantum)).flatMap((row) =>
      state[row] === DATASET_STORED && refs[row] ? [refs[row]] : [],
    );
  });
}

/** The document of one quantum. */
export function quantumModel(writing: ModelSource, task: TaskQuanta, quantum: number): QuantumModel {
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
    datastore_records: writing.records.of(storedInputs(graph, task, quantum).map(({ id }) => id)),
  };
}

function datasetModel({ graph, ids, coordinates }: ModelSource, type: string, row: number): DatasetModel {
  const table = graph.datasets.get(type)!;
  const ref = table.state[row] === DATASET_STORED ? table.refs[row] : undefined;
  return {
    dataset_id: ref?.id ?? ids.dataset(type, row),
    dataset_type_name: type,
    data_coordinate: table.rows ? coordinateAt(table.rows, row) : coordinates.get(type)![row]!,
    run: ref?.run ?? graph.outputRun,
  };
}
