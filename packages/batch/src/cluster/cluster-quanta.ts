import { AlmagestError } from "@almagest/base";
import type { Cluster, ClusterAlgorithm, ClusterRequest } from "./cluster.ts";
import { clusterByDimension } from "./dimension.ts";
import { findCycle } from "./find-cycle.ts";
import { clusterByCost } from "./packed.ts";
import { clusterSingly } from "./single-quantum.ts";

/** Clustering algorithms by `clusterAlgorithm`. To add one, write its file and list it here. */
const ALGORITHMS: ReadonlyMap<string, ClusterAlgorithm> = new Map([
  ["single", clusterSingly],
  ["dimension", clusterByDimension],
  ["cost", clusterByCost],
]);

/** Rubin's functions and ours. */
const PYTHON_NAMES: ReadonlyMap<string, string> = new Map([
  ["lsst.ctrl.bps.quantum_clustering_funcs.single_quantum_clustering", "single"],
  ["lsst.ctrl.bps.quantum_clustering_funcs.dimension_clustering", "dimension"],
]);

/** Clusters with their dependencies. */
export interface ClusteredQuanta {
  readonly clusters: readonly Cluster[];
  /** For each cluster, numbers of the clusters it waits for, ascending. */
  readonly parents: readonly (readonly number[])[];
  /** For each quantum, the number of its cluster. */
  readonly clusterOf: Int32Array;
}

/** Divides quanta into clusters by the configured algorithm. Throws `BATCH.CONFIG_INVALID` for an unknown one,
 * `BATCH.CLUSTER_INVALID`, `BATCH.CLUSTER_CYCLE`. */
export function clusterQuanta(request: ClusterRequest): ClusteredQuanta {
  const name = request.config.text("clusterAlgorithm");
  const algorithm = ALGORITHMS.get(PYTHON_NAMES.get(name) ?? name);
  if (algorithm === undefined) {
    const known = [...ALGORITHMS.keys(), ...PYTHON_NAMES.keys()].join(", ");
    throw new AlmagestError(
      "BATCH.CONFIG_INVALID",
      `clusterAlgorithm '${name}' is not known; known are ${known}.`,
    );
  }
  return linkClusters(request, uniqueNames(algorithm(request)));
}

function uniqueNames(clusters: readonly Cluster[]): Cluster[] {
  const seen = new Map<string, number>();
  return clusters.map((cluster) => {
    const times = seen.get(cluster.name) ?? 0;
    seen.set(cluster.name, times + 1);
    return times === 0 ? cluster : { ...cluster, name: `${cluster.name}_${times + 1}` };
  });
}

function linkClusters({ nodes }: ClusterRequest, clusters: readonly Cluster[]): ClusteredQuanta {
  const clusterOf = new Int32Array(nodes.count).fill(-1);
  for (const [number, { quanta }] of clusters.entries()) {
    for (const quantum of quanta) clusterOf[quantum] = number;
  }
  const parents = clusters.map(({ quanta }, number) => {
    const found = new Set<number>();
    for (const quantum of quanta) {
      for (const parent of nodes.parents(quantum)) {
        if (clusterOf[parent] !== number) found.add(clusterOf[parent]!);
      }
    }
    return [...found].sort((a, b) => a - b);
  });
  const cycle = findCycle(clusters.keys(), (number) => parents[number]!);
  if (cycle) {
    const names = cycle.reverse().map((number) => clusters[number]!.name);
    throw new AlmagestError("BATCH.CLUSTER_CYCLE", `Jobs would wait for each other: ${names.join(" → ")}.`, {
      fields: { names },
    });
  }
  return { clusters, parents, clusterOf };
}
