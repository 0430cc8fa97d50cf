import type { DimensionGroup, Universe } from "@almagest/butler";
import type { DatasetTypeNode, PipelineGraph } from "../graph/pipeline-graph.ts";
import type { TaskNode } from "../graph/task-node.ts";

/** Tasks that share datasets, directly or through others, and the dimensions of them all together. */
export interface PipelinePart {
  readonly tasks: readonly TaskNode[];
  readonly datasetTypes: readonly DatasetTypeNode[];
  readonly group: DimensionGroup;
}

/** Splits a pipeline into parts that share no dataset type (prerequisites do not count): each is queried alone. */
export function splitPipeline(graph: PipelineGraph, universe: Universe): PipelinePart[] {
  const regular = [...graph.datasetTypes.values()].filter((type) => !type.isPrerequisite && !type.isInit);
  const partOf = new Map<string, string>([...graph.tasks.keys()].map((label) => [label, label]));
  const find = (label: string): string => {
    let root = label;
    while (partOf.get(root) !== root) root = partOf.get(root)!;
    return root;
  };
  const usersOf = (type: DatasetTypeNode) => [...(type.producer ? [type.producer] : []), ...type.consumers];
  for (const type of regular) {
    const [first, ...others] = usersOf(type);
    for (const other of others) partOf.set(find(other), find(first!));
  }
  const parts = new Map<string, TaskNode[]>();
  for (const task of graph.tasks.values()) {
    const root = find(task.label);
    const list = parts.get(root);
    if (list) list.push(task);
    else parts.set(root, [task]);
  }
  return [...parts].map(([root, tasks]) => {
    const datasetTypes = regular.filter((type) => find(usersOf(type)[0]!) === root);
    const names = [
      ...tasks.flatMap((task) => task.dimensions),
      ...datasetTypes.flatMap((type) => type.datasetType.dimensions),
    ];
    return { tasks, datasetTypes, group: universe.completeGroup(new Set(names)) };
  });
}
