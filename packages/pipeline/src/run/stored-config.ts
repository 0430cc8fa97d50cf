import type { StoredConfig } from "../formatters/config-formatter.ts";
import type { TaskNode } from "../graph/task-node.ts";

/** The whole configuration of a task as stored with a run. */
export function storedConfig(node: TaskNode): StoredConfig {
  const edges = [...node.inputs, ...node.prerequisites, ...node.outputs];
  const connections = edges.map(({ connection, datasetType, component }) => [
    connection,
    component === undefined ? datasetType : `${datasetType}.${component}`,
  ]);
  return {
    className: node.className,
    values: { ...(node.resolved.config as object), connections: Object.fromEntries(connections) },
  };
}
