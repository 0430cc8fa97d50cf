import { AlmagestError } from "@almagest/base";
import type { DatasetType, Universe } from "@almagest/butler";
import { checkContracts } from "../config/check-contracts.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { keepTasks } from "../pipeline/subset-pipeline.ts";
import { selectTasks } from "./select-tasks.ts";
import { areConvertible } from "./storage-classes.ts";
import {
  createTaskNode,
  type Edge,
  edgesOfTask,
  findTasks,
  type TaskNode,
  type TaskTable,
} from "./task-node.ts";
import { sortTopologically } from "./topological-order.ts";

/** One dataset type of a pipeline: who writes and who reads it. */
export interface DatasetTypeNode {
  readonly name: string;
  /** Complete dimensions: required, then implied. */
  readonly datasetType: DatasetType;
  readonly producer?: string;
  readonly consumers: readonly string[];
  readonly isPrerequisite: boolean;
  /** One dataset for the whole run: no quantum reads or writes it. */
  readonly isInit: boolean;
  /** Read but not written here, and not a prerequisite: found in the input collections. */
  readonly isOverallInput: boolean;
  /** An overall input that must exist for a quantum to be considered. */
  readonly constrainsQuery: boolean;
}

/** The tasks of a pipeline in running order, and the dataset types between them. */
export interface PipelineGraph {
  readonly pipeline: Pipeline;
  readonly tasks: ReadonlyMap<string, TaskNode>;
  readonly datasetTypes: ReadonlyMap<string, DatasetTypeNode>;
  /** Things a reader should know, such as contracts that could not be checked. */
  readonly warnings: readonly string[];
}

/** What a graph is made with. */
export interface PipelineGraphOptions {
  readonly tasks: TaskTable;
  readonly universe: Universe;
  /** Dataset types that the repository already defines, by name. */
  readonly registered?: ReadonlyMap<string, DatasetType>;
}

/**
 * Resolves a pipeline: code and configuration of each task, dataset types, running order. Throws
 * `PIPELINE.TASK_UNKNOWN`, the `PIPELINE.CONFIG_…` and `PIPELINE.CONTRACT_…` errors, `PIPELINE.TWO_PRODUCERS`,
 * `PIPELINE.PREREQUISITE_PRODUCED`, `PIPELINE.TYPE_MISMATCH`, `PIPELINE.CYCLE`.
 */
export function createPipelineGraph(pipeline: Pipeline, options: PipelineGraphOptions): PipelineGraph {
  const whole = { ...pipeline };
  delete (whole as { selection?: string }).selection;
  const code = findTasks(pipeline.tasks.values(), options.tasks);
  const nodes = [...pipeline.tasks.values()].map((entry) =>
    createTaskNode(entry, code.get(entry.label)!, pipeline.parameters),
  );
  const graph = connect(whole, nodes, options);
  if (pipeline.selection === undefined) return graph;
  const selected = keepTasks(whole, selectTasks(graph, pipeline.selection), "DROP");
  return connect(
    selected,
    nodes.filter(({ label }) => selected.tasks.has(label)),
    options,
  );
}

function connect(
  pipeline: Pipeline,
  nodes: readonly TaskNode[],
  options: PipelineGraphOptions,
): PipelineGraph {
  const producers = new Map<string, TaskNode>();
  for (const node of nodes) {
    for (const edge of [...node.outputs, ...node.initOutputs]) {
      const other = producers.get(edge.datasetType);
      if (other) {
        throw new AlmagestError(
          "PIPELINE.TWO_PRODUCERS",
          `Both ${other.label} and ${node.label} write '${edge.datasetType}'; rename one with connections.${edge.connection}.`,
          { fields: { datasetType: edge.datasetType, labels: [other.label, node.label] } },
        );
      }
      producers.set(edge.datasetType, node);
    }
  }
  const predecessors = new Map(
    nodes.map((node) => [
      node.label,
      new Set(
        [...node.inputs, ...node.initInputs].flatMap((edge) => producers.get(edge.datasetType)?.label ?? []),
      ),
    ]),
  );
  const byLabel = new Map(nodes.map((node) => [node.label, node]));
  const order = sortTopologically(
    nodes.map(({ label }) => label),
    predecessors,
  );
  const tasks = new Map(order.map((label) => [label, byLabel.get(label)!]));
  const datasetTypes = collectDatasetTypes(tasks, producers, options);
  const subjects = nodes.map(
    (node) => [node.label, { config: node.resolved.config, connectionNames: namesOf(node) }] as const,
  );
  return { pipeline, tasks, datasetTypes, warnings: checkContracts(pipeline.contracts, new Map(subjects)) };
}

function namesOf(node: TaskNode): Record<string, string> {
  const edges = edgesOfTask(node);
  return {
    ...node.task.templates,
    ...node.resolved.connectionNames,
    ...Object.fromEntries(edges.map((edge) => [edge.connection, edge.datasetType])),
  };
}

function collectDatasetTypes(
  tasks: ReadonlyMap<string, TaskNode>,
  producers: ReadonlyMap<string, TaskNode>,
  options: PipelineGraphOptions,
): Map<string, DatasetTypeNode> {
  const uses = new Map<string, { node: TaskNode; edge: Edge }[]>();
  for (const node of tasks.values()) {
    for (const edge of edgesOfTask(node)) {
      const list = uses.get(edge.datasetType);
      if (list) list.push({ node, edge });
      else uses.set(edge.datasetType, [{ node, edge }]);
    }
  }
  const types = new Map<string, DatasetTypeNode>();
  for (const [name, list] of uses) types.set(name, createTypeNode(name, list, producers.get(name), options));
  return types;
}

const isWrite = ({ kind }: Edge): boolean => kind === "output" || kind === "initOutput";

function createTypeNode(
  name: string,
  uses: readonly { node: TaskNode; edge: Edge }[],
  producer: TaskNode | undefined,
  options: PipelineGraphOptions,
): DatasetTypeNode {
  const prerequisite = uses.find(({ edge }) => edge.kind === "prerequisite");
  const regular = uses.find(({ edge }) => edge.kind !== "prerequisite");
  if (prerequisite && regular) {
    throw new AlmagestError(
      "PIPELINE.PREREQUISITE_PRODUCED",
      `'${name}' is a prerequisite of ${prerequisite.node.label} but ${regular.edge.kind === "output" ? "an output" : "a plain input"} of ${regular.node.label}.`,
      { fields: { datasetType: name, labels: [prerequisite.node.label, regular.node.label] } },
    );
  }
  const defining =
    uses.find(({ edge }) => isWrite(edge)) ?? uses.find(({ edge }) => !edge.component) ?? uses[0]!;
  const registered = options.registered?.get(name);
  const group = options.universe.completeGroup(registered?.dimensions ?? defining.edge.dimensions);
  const storageClass = registered?.storageClass ?? defining.edge.storageClass;
  for (const { node, edge } of uses) {
    const own = options.universe.completeGroup(edge.dimensions);
    const mismatch =
      own.key !== group.key
        ? `dimensions ${own.required.join(", ")} where it has ${group.required.join(", ")}`
        : edge.component === undefined && !areConvertible(edge.storageClass, storageClass)
          ? `storage class ${edge.storageClass} where it has ${storageClass}`
          : undefined;
    if (mismatch !== undefined) {
      throw new AlmagestError("PIPELINE.TYPE_MISMATCH", `${node.label}: '${name}' with ${mismatch}.`, {
        fields: { label: node.label, datasetType: name },
      });
    }
  }
  const consumers = uses.filter(({ edge }) => !isWrite(edge));
  const isInit = uses.some(({ edge }) => edge.kind === "initInput" || edge.kind === "initOutput");
  const isOverallInput = producer === undefined && prerequisite === undefined && !isInit;
  return {
    name,
    datasetType: {
      name,
      dimensions: [...group.required, ...group.implied],
      storageClass,
      isCalibration: registered?.isCalibration ?? uses.some(({ edge }) => edge.isCalibration),
    },
    ...(producer ? { producer: producer.label } : {}),
    consumers: [...new Set(consumers.map(({ node }) => node.label))],
    isPrerequisite: prerequisite !== undefined,
    isInit,
    isOverallInput,
    constrainsQuery: isOverallInput && consumers.every(({ edge }) => !edge.deferGraphConstraint),
  };
}
