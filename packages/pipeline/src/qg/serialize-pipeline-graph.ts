import type { Universe } from "@almagest/butler";
import { formatStoredConfig } from "../formatters/config-formatter.ts";
import type { PipelineGraph } from "../graph/pipeline-graph.ts";
import type { Edge, TaskNode } from "../graph/task-node.ts";
import { implicitTypes } from "../run/implicit-types.ts";
import { storedConfig } from "../run/stored-config.ts";
import type { DatasetTypeModel, EdgeModel, PipelineGraphModel, TaskModel } from "./graph-models.ts";

type Edges = Record<string, EdgeModel>;

/** The pipeline of a graph as the original stores it: nodes numbered in running order. */
export function serializePipelineGraph(graph: PipelineGraph, universe: Universe): PipelineGraphModel {
  const tasks: Record<string, TaskModel> = {};
  const datasetTypes: Record<string, DatasetTypeModel> = {};
  let index = 0;
  const addType = (name: string): void => {
    if (datasetTypes[name] !== undefined) return;
    const node = graph.datasetTypes.get(name)!;
    datasetTypes[name] = {
      dimensions: universe.completeGroup(node.datasetType.dimensions).names,
      storage_class: node.datasetType.storageClass,
      is_calibration: node.datasetType.isCalibration,
      is_initial_query_constraint: node.constrainsQuery,
      is_prerequisite: node.isPrerequisite,
      index: index++,
    };
  };
  for (const node of graph.tasks.values()) {
    for (const edge of node.initInputs) addType(edge.datasetType);
    const implicit = implicitTypes(node.label, node.dimensions);
    const init = index++;
    for (const edge of [...node.initOutputs, ...node.inputs, ...node.prerequisites])
      addType(edge.datasetType);
    const own = (dimensions: readonly string[], storageClass: string): DatasetTypeModel => ({
      dimensions: universe.completeGroup(dimensions).names,
      storage_class: storageClass,
      is_calibration: false,
      is_initial_query_constraint: false,
      is_prerequisite: false,
      index: index++,
    });
    datasetTypes[implicit.config.name] = own([], implicit.config.storageClass);
    tasks[node.label] = serializeTask(node, init, index++);
    for (const edge of node.outputs) addType(edge.datasetType);
    for (const type of [implicit.metadata, implicit.log])
      datasetTypes[type.name] = own(node.dimensions, type.storageClass);
  }
  const { pipeline } = graph;
  const sharding = new Map(pipeline.steps.map(({ label, dimensions }) => [label, [...dimensions].sort()]));
  return {
    version: "0.0.1",
    description: pipeline.description,
    tasks,
    dataset_types: datasetTypes,
    task_subsets: Object.fromEntries(
      [...pipeline.subsets].map(([label, { labels, description }]) => [
        label,
        {
          description,
          tasks: labels.filter((name) => graph.tasks.has(name)).sort(),
          dimensions: sharding.get(label) ?? [],
        },
      ]),
    ),
    dimensions: universe.config,
    data_id: {},
    step_labels: pipeline.steps.map(({ label }) => label),
    steps_verified: true,
  };
}

function serializeTask(node: TaskNode, initIndex: number, index: number): TaskModel {
  const { config, metadata, log } = implicitTypes(node.label, node.dimensions);
  const implicit = (
    type: { name: string; storageClass: string },
    dimensions: readonly string[],
  ): EdgeModel => ({
    dataset_type_name: type.name,
    storage_class: type.storageClass,
    raw_dimensions: [...dimensions].sort(),
    is_calibration: false,
    defer_query_constraint: false,
  });
  return {
    task_class: node.className,
    init: {
      inputs: serializeEdges(node.initInputs),
      outputs: serializeEdges(node.initOutputs),
      config_output: implicit(config, []),
      index: initIndex,
    },
    config_str: formatStoredConfig(storedConfig(node)),
    prerequisite_inputs: serializeEdges(node.prerequisites),
    inputs: serializeEdges(node.inputs),
    outputs: serializeEdges(node.outputs),
    metadata_output: implicit(metadata, node.dimensions),
    dimensions: [...node.dimensions].sort(),
    log_output: implicit(log, node.dimensions),
    index,
  };
}

function serializeEdges(edges: readonly Edge[]): Edges {
  return Object.fromEntries(
    edges.map((edge) => [
      edge.connection,
      {
        dataset_type_name:
          edge.component === undefined ? edge.datasetType : `${edge.datasetType}.${edge.component}`,
        storage_class: edge.storageClass,
        raw_dimensions: [...edge.dimensions].sort(),
        is_calibration: edge.isCalibration,
        defer_query_constraint: edge.deferGraphConstraint,
      },
    ]),
  );
}
