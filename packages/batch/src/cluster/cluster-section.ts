import { AlmagestError } from "@almagest/base";
import { type ConfigTree, isTree } from "../config/config-tree.ts";
import { readNames } from "../config/read-names.ts";
import type { ClusterRequest } from "./cluster.ts";
import { findCycle } from "./find-cycle.ts";
import type { NodeTask } from "./quantum-nodes.ts";

/** One entry of the `cluster` section, as far as it concerns the tasks of this graph. */
export interface ClusterSection {
  readonly label: string;
  /** In running order. */
  readonly tasks: readonly NodeTask[];
  readonly dimensions: readonly string[];
  readonly equalDimensions: readonly (readonly [string, string])[];
  readonly partitionDimensions: readonly string[];
  readonly partitionMaxClusters?: number;
  readonly partitionMaxSize?: number;
  readonly findDependencyMethod?: "source" | "sink";
  readonly template?: string;
}

/** The cluster definitions that matter here, checked. Throws `BATCH.CLUSTER_INVALID`, `BATCH.CLUSTER_CYCLE`. */
export function readClusterSections({ config, nodes }: ClusterRequest): ClusterSection[] {
  const definitions = isTree(config.tree.cluster) ? config.tree.cluster : {};
  const sections: ClusterSection[] = [];
  const clusterOf = new Map<string, string>();
  for (const [label, definition] of Object.entries(definitions)) {
    if (!isTree(definition)) continue;
    const section = readSection(label, definition, nodes.tasks);
    for (const name of readNames(definition.pipetasks)) {
      const before = clusterOf.get(name);
      if (before !== undefined) {
        throw invalid(
          label,
          `task '${name}' is in cluster '${before}' too; a task may be in one cluster only.`,
        );
      }
      clusterOf.set(name, label);
    }
    if (section.tasks.length > 0) sections.push(section);
  }
  const home = (label: string): string => clusterOf.get(label) ?? label;
  const edges = new Map<string, Set<string>>();
  for (const task of nodes.tasks) {
    for (const parent of task.parents) {
      if (home(parent) === home(task.label)) continue;
      edges.set(home(parent), (edges.get(home(parent)) ?? new Set()).add(home(task.label)));
    }
  }
  const cycle = findCycle([...edges.keys()], (name) => edges.get(name) ?? []);
  if (cycle) {
    throw new AlmagestError(
      "BATCH.CLUSTER_CYCLE",
      `The clusters wait for each other: ${cycle.join(" → ")}. Add a task to a cluster or take one out.`,
      { fields: { cycle } },
    );
  }
  return sections;
}

function readSection(label: string, definition: ConfigTree, tasks: readonly NodeTask[]): ClusterSection {
  const names = readNames(definition.pipetasks);
  if (names.length === 0) throw invalid(label, "it names no pipetasks.");
  const equalDimensions = readNames(definition.equalDimensions).map((pair): [string, string] => {
    const [a, b, more] = pair.split(":").map((each) => each.trim());
    if (!a || !b || more !== undefined) {
      throw invalid(label, `equalDimensions must be pairs such as visit:exposure, not '${pair}'.`);
    }
    return [a, b];
  });
  const partitionDimensions = readNames(definition.partitionDimensions);
  const [clusters, size] = [definition.partitionMaxClusters, definition.partitionMaxSize].map((value) =>
    value ? Number(value) : undefined,
  );
  if (partitionDimensions.length > 0 && (clusters === undefined) === (size === undefined)) {
    throw invalid(label, "partitionDimensions needs one of partitionMaxClusters and partitionMaxSize.");
  }
  const method = definition.findDependencyMethod;
  if (method !== undefined && method !== "source" && method !== "sink") {
    throw invalid(label, `findDependencyMethod must be source or sink, not '${String(method)}'.`);
  }
  return {
    label,
    tasks: tasks.filter((task) => names.includes(task.label)),
    dimensions: readNames(definition.dimensions),
    equalDimensions,
    partitionDimensions,
    ...(clusters === undefined ? {} : { partitionMaxClusters: clusters }),
    ...(size === undefined ? {} : { partitionMaxSize: size }),
    ...(method === undefined ? {} : { findDependencyMethod: method }),
    ...(typeof definition.clusterTemplate === "string" ? { template: definition.clusterTemplate } : {}),
  };
}

/** The error for a cluster definition. */
export function invalid(label: string, message: string): AlmagestError {
  return new AlmagestError("BATCH.CLUSTER_INVALID", `Cluster '${label}': ${message}`, { fields: { label } });
}
