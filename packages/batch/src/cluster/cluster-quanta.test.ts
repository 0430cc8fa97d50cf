import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import type { DataId } from "@almagest/butler";
import fc from "fast-check";
import { createBpsConfig } from "../config/bps-config.ts";
import type { ConfigTree } from "../config/config-tree.ts";
import type { TaskCost } from "./cluster.ts";
import { clusterQuanta } from "./cluster-quanta.ts";
import type { NodeTask, QuantumNodes } from "./quantum-nodes.ts";

/** isr per exposure and detector, calibrate per visit and detector, sum per visit, total. */
function surveyNodes(visits: number, detectors: number): QuantumNodes {
  const ids: DataId[] = [];
  const parents: number[][] = [];
  const tasks: NodeTask[] = [];
  const add = (label: string, required: string[], before: string[], list: [DataId, number[]][]): void => {
    tasks.push({ label, first: ids.length, count: list.length, required, parents: before });
    for (const [id, from] of list) {
      ids.push(id);
      parents.push(from);
    }
  };
  const pairs = Array.from({ length: visits * detectors }, (_, i): [number, number] => [
    Math.floor(i / detectors) + 1,
    (i % detectors) + 1,
  ]);
  const size = pairs.length;
  const every = (count: number, from: number): number[] => Array.from({ length: count }, (_, i) => from + i);
  add(
    "isr",
    ["exposure", "detector"],
    [],
    pairs.map(([exposure, detector]) => [{ exposure, detector }, []]),
  );
  add(
    "calibrate",
    ["visit", "detector"],
    ["isr"],
    pairs.map(([visit, detector], i) => [{ visit, detector }, [i]]),
  );
  add(
    "sum",
    ["visit"],
    ["calibrate"],
    every(visits, 0).map((v) => [{ visit: v + 1 }, every(detectors, size + v * detectors)]),
  );
  add("total", [], ["sum"], [[{}, every(visits, 2 * size)]]);
  return {
    count: ids.length,
    tasks,
    id: String,
    dataId: (quantum) => ids[quantum]!,
    taskOf: (quantum) => tasks.findLast(({ first }) => first <= quantum)!,
    parents: (quantum) => Uint32Array.from(parents[quantum]!),
  };
}

function cluster(tree: ConfigTree, nodes = surveyNodes(4, 3), costs = new Map<string, TaskCost>()) {
  return clusterQuanta({ nodes, config: createBpsConfig({ clusterAlgorithm: "dimension", ...tree }), costs });
}

const namesOf = ({ clusters }: ReturnType<typeof cluster>): string[] => clusters.map(({ name }) => name);

test("one job per quantum keeps the quanta's own dependencies", () => {
  const { clusters, parents } = cluster({ clusterAlgorithm: "single", templateDataId: "{visit}_{detector}" });
  assert.equal(clusters.length, 29);
  assert.equal(clusters[12]!.name, "12_calibrate_1_1");
  assert.deepEqual(parents[12], [0]);
  assert.deepEqual(parents[24], [12, 13, 14]);
});

test("dimension clusters take an equal dimension where their own is lacking", () => {
  const result = cluster({
    cluster: {
      vd: { pipetasks: "isr, calibrate", dimensions: "visit,detector", equalDimensions: "visit:exposure" },
    },
  });
  assert.equal(result.clusters.length, 12 + 4 + 1);
  assert.deepEqual(result.clusters[0], {
    name: "vd_1_1",
    label: "vd",
    tags: { visit: 1, detector: 1 },
    quanta: [0, 12],
  });
  assert.deepEqual(result.parents[12], [0, 1, 2]);
});

test("partitions have nearly equal sizes, in the order of their values", () => {
  const sizes = (more: ConfigTree): number[] =>
    cluster({
      cluster: { c: { pipetasks: "isr", dimensions: "detector", partitionDimensions: "exposure", ...more } },
    })
      .clusters.filter(({ label }) => label === "c")
      .map(({ quanta }) => quanta.length);
  assert.deepEqual(sizes({ partitionMaxSize: 3 }).sort(), [1, 1, 1, 3, 3, 3]);
  assert.deepEqual(sizes({ partitionMaxClusters: 9 }).sort(), [1, 1, 1, 1, 1, 1, 2, 2, 2]);
  assert.throws(() => sizes({ partitionMaxClusters: 2 }), /less than its 3 dimension values/);
  assert.throws(() => sizes({}), /needs one of/);
  assert.throws(() => sizes({ partitionMaxClusters: 3, partitionMaxSize: 2 }), /needs one of/);
});

test("dependency clusters give followers the data id of their leader", () => {
  const result = cluster({
    cluster: { c: { pipetasks: "calibrate,sum", dimensions: "visit", findDependencyMethod: "sink" } },
  });
  const own = result.clusters.filter(({ label }) => label === "c");
  assert.deepEqual(own[0], { name: "c_1", label: "c", tags: { visit: 1 }, quanta: [12, 13, 14, 24] });
  assert.equal(own.length, 4);
});

test("cost packs quanta of one task to the wanted length; what was never measured goes singly", () => {
  const costs = new Map([["isr", { seconds: 10 }]]);
  const { clusters } = cluster({ clusterAlgorithm: "cost", packTargetSec: 50 }, surveyNodes(4, 3), costs);
  assert.deepEqual(
    clusters.filter(({ label }) => label === "isr").map(({ quanta }) => quanta.length),
    [4, 4, 4],
  );
  assert.equal(clusters.filter(({ label }) => label === "calibrate").length, 12);
});

test("clusters that would wait for each other are refused by name", () => {
  assert.throws(
    () => cluster({ cluster: { c: { pipetasks: "isr,sum", dimensions: "" } } }),
    (error) =>
      isAlmagestError(error, "BATCH.CLUSTER_CYCLE") &&
      /c → calibrate → c|calibrate → c → calibrate/.test(error.message),
  );
  assert.throws(
    () => cluster({ cluster: { a: { pipetasks: "isr" }, b: { pipetasks: "isr" } } }),
    /may be in one cluster only/,
  );
  assert.throws(() => cluster({ clusterAlgorithm: "none" }), /known are single, dimension, cost/);
});

test("every quantum is in exactly one cluster, and no job waits for a later one in a circle", () => {
  const algorithm = fc.constantFrom("single", "dimension", "cost");
  fc.assert(
    fc.property(
      algorithm,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 5 }),
      (name, visits, detectors) => {
        const nodes = surveyNodes(visits, detectors);
        const costs = new Map([["isr", { seconds: 300 }]]);
        const section = { c: { pipetasks: "isr", dimensions: "detector" } };
        const result = cluster({ clusterAlgorithm: name, cluster: section }, nodes, costs);
        const all = result.clusters.flatMap(({ quanta }) => quanta).sort((a, b) => a - b);
        assert.deepEqual(
          all,
          Array.from({ length: nodes.count }, (_, i) => i),
        );
        assert.equal(new Set(namesOf(result)).size, result.clusters.length);
      },
    ),
    { numRuns: 30 },
  );
});
