import type { DataId } from "@almagest/butler";
import { type ClusterRequest, safeName } from "../cluster/cluster.ts";
import { clusterQuanta } from "../cluster/cluster-quanta.ts";
import { isTree } from "../config/config-tree.ts";
import { combineResources, type JobResources, resolveResources } from "../config/job-resources.ts";
import { orderJobs } from "./ordering.ts";

/** One quantum of a job. */
export interface JobQuantum {
  /** Its id in the submission's graph file. */
  readonly id: string;
  readonly label: string;
  /** The dimensions that identify it. */
  readonly dataId: DataId;
  /** Quanta whose outputs it reads: job name and position within that job. */
  readonly parents: readonly (readonly [job: string, position: number])[];
}

/** One job: some quanta, run one after the other by one process. */
export interface WorkflowJob {
  readonly name: string;
  readonly label: string;
  readonly tags: DataId;
  readonly quanta: readonly JobQuantum[];
  /** Names of the jobs that must have ended before. */
  readonly parents: readonly string[];
  readonly resources: JobResources;
  /** Folder for its logs, relative to the submit folder. */
  readonly folder: string;
  /** A NOOP job has no quanta: it keeps the order that the submit file asks for. Absent for what has quanta. */
  readonly kind?: "NOOP";
  /** Of a NOOP job: what waits for it runs only when all before it succeeded. */
  readonly blocking?: boolean;
  /** Those of its parents that are NOOP jobs. */
  readonly seams?: readonly string[];
}

/** All jobs of a submission in running order; knows no workload system. */
export interface GenericWorkflow {
  readonly name: string;
  readonly jobs: readonly WorkflowJob[];
}

/** What a job without quanta needs. */
const NOOP_MEMORY_MB = 512;

/** Clusters quanta and works out what each job asks for. Throws what `clusterQuanta` and `resolveResources` throw. */
export function createGenericWorkflow(name: string, request: ClusterRequest): GenericWorkflow {
  const { nodes, config, costs } = request;
  const { clusters, parents, clusterOf } = clusterQuanta(request);
  const positionOf = new Int32Array(nodes.count);
  for (const { quanta } of clusters) {
    for (const [position, quantum] of quanta.entries()) positionOf[quantum] = position;
  }
  const site = config.search("computeSite");
  const cloud = config.search("computeCloud");
  const sections = isTree(config.tree.cluster) ? config.tree.cluster : {};
  const resourcesOf = new Map<string, JobResources>();
  const resolve = (label: string, task: string): JobResources => {
    const key = JSON.stringify([label, task]);
    const known = resourcesOf.get(key);
    if (known) return known;
    let resources = resolveResources(config, {
      current: {
        label,
        curr_pipetask: task,
        ...(isTree(sections[label]) ? { curr_cluster: label } : {}),
        ...(site === undefined ? {} : { curr_site: site }),
        ...(cloud === undefined ? {} : { curr_cloud: cloud }),
      },
    });
    const measured = costs.get(task)?.memoryMb;
    // Past use asks for more than the file only where the file was too low to succeed.
    if (measured !== undefined && measured > resources.memoryMb) {
      const memoryMb = Math.min(Math.ceil(measured * 1.2), resources.memoryLimitMb);
      resources = { ...resources, memoryMb };
    }
    resourcesOf.set(key, resources);
    return resources;
  };
  const jobs = clusters.map((cluster, number): WorkflowJob => {
    const counts = new Map<string, number>();
    const quanta = cluster.quanta.map((quantum): JobQuantum => {
      const { label, required } = nodes.taskOf(quantum);
      counts.set(label, (counts.get(label) ?? 0) + 1);
      const full = nodes.dataId(quantum);
      return {
        id: nodes.id(quantum),
        label,
        dataId: Object.fromEntries(required.map((dimension) => [dimension, full[dimension]!])),
        parents: Array.from(nodes.parents(quantum), (parent): [string, number] => [
          clusters[clusterOf[parent]!]!.name,
          positionOf[parent]!,
        ]),
      };
    });
    const each = [...counts].map(([task, count]) => ({ resources: resolve(cluster.label, task), count }));
    const template = config.search("subDirTemplate", { replaceVariables: false }) ?? "{label}";
    return {
      name: cluster.name,
      label: cluster.label,
      tags: cluster.tags,
      quanta,
      parents: parents[number]!.map((parent) => clusters[parent]!.name),
      // A cluster's own section gives what the whole job asks; otherwise its quanta's needs are combined.
      resources: combineResources(each),
      folder: subFolder(String(template), { ...cluster.tags, label: cluster.label }),
    };
  });
  const ordering = config.tree.ordering;
  if (!isTree(ordering)) return { name, jobs };
  const light = { ...resolve("", ""), memoryMb: NOOP_MEMORY_MB, cpus: 1 };
  return { name, jobs: orderJobs(jobs, ordering, light) };
}

function subFolder(template: string, values: DataId): string {
  return template
    .split("/")
    .map((part) => safeName(part.replace(/\{(\w+)\}/g, (_all, name) => String(values[name] ?? ""))))
    .filter((part) => part !== "")
    .join("/");
}
