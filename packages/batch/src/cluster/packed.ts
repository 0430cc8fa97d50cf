import { type Cluster, type ClusterRequest, safeName } from "./cluster.ts";
import type { NodeTask } from "./quantum-nodes.ts";

/** Seconds of work put into one job when the submit file gives no `packTargetSec`. */
const TARGET_SEC = 900;

/**
 * Packs quanta of one task into jobs of about `packTargetSec` by what its quanta took before; a task that was never
 * measured goes singly. Neighbours in data-id order share a job, so that their inputs overlap. Failures stay with their
 * quantum: a job goes on after one, and dependents of the other quanta run.
 */
export function clusterByCost(request: ClusterRequest): Cluster[] {
  return request.nodes.tasks.flatMap((task) => packTask(request, task));
}

function packTask({ nodes, config, costs }: ClusterRequest, task: NodeTask): Cluster[] {
  const seconds = costs.get(task.label)?.seconds;
  const target = config.number("packTargetSec", { current: { curr_pipetask: task.label } }) ?? TARGET_SEC;
  const wanted = seconds === undefined ? 1 : Math.max(1, Math.floor(target / Math.max(seconds, 1e-3)));
  const jobs = Math.ceil(task.count / wanted);
  const width = String(jobs).length;
  // Equal shares: no job is a short remainder that starts for little work.
  return Array.from({ length: jobs }, (_, job) => {
    const from = task.first + Math.floor((job * task.count) / jobs);
    const to = task.first + Math.floor(((job + 1) * task.count) / jobs);
    const quanta = Array.from({ length: to - from }, (_each, i) => from + i);
    const name = safeName(`${task.label}_${String(job + 1).padStart(width, "0")}`);
    return { name, label: task.label, tags: quanta.length === 1 ? nodes.dataId(from) : {}, quanta };
  });
}
