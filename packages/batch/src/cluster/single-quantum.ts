import { type Cluster, type ClusterRequest, fillTemplate } from "./cluster.ts";
import type { NodeTask } from "./quantum-nodes.ts";

/** One job per quantum. */
export function clusterSingly(request: ClusterRequest): Cluster[] {
  return request.nodes.tasks.flatMap((task) => singleClusters(request, task));
}

/** One job per quantum of one task, named by number, label and data id. */
export function singleClusters({ nodes, config }: ClusterRequest, task: NodeTask): Cluster[] {
  const current = { curr_pipetask: task.label };
  const template = config.search("templateDataId", { current, replaceVariables: false }) ?? "";
  const withNumber = config.search("useNodeIdInClusterName", { current }) !== false;
  const width = String(nodes.count).length;
  return Array.from({ length: task.count }, (_, i) => {
    const quantum = task.first + i;
    const tags = nodes.dataId(quantum);
    const number = withNumber ? `${String(quantum).padStart(width, "0")}_` : "";
    const name = fillTemplate(`${number}${task.label}_${template}`, tags);
    return { name, label: task.label, tags, quanta: [quantum] };
  });
}
