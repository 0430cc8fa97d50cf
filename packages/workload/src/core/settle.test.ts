import assert from "node:assert/strict";
import { test } from "node:test";
import { checkModel } from "../testing/model-checker.ts";
import type { Model } from "../testing/model-state.ts";

/** Every graph of up to three jobs is checked here, two in the fast tests; with WORKLOAD_MODEL_JOBS=4 every one of four (minutes). */
const JOBS = Number(process.env.WORKLOAD_MODEL_JOBS ?? (process.env.ALMAGEST_TESTS === "fast" ? 2 : 3));

type Kind = "none" | "success" | "end";

/** All graphs of `count` jobs: for every pair no arrow, one that needs success, or one that waits for the end. */
function* allGraphs(count: number): Generator<Model["edges"]> {
  const pairs: [number, number][] = [];
  for (let child = 1; child < count; child++)
    for (let parent = 0; parent < child; parent++) pairs.push([parent, child]);
  const kinds: readonly Kind[] = ["none", "success", "end"];
  for (let number = 0; number < 3 ** pairs.length; number++) {
    let rest = number;
    const edges: { parent: number; child: number; kind: "success" | "end" }[] = [];
    for (const [parent, child] of pairs) {
      const kind = kinds[rest % 3]!;
      rest = Math.floor(rest / 3);
      if (kind !== "none") edges.push({ parent, child, kind });
    }
    yield edges;
  }
}

function isConnected(jobs: number, edges: Model["edges"]): boolean {
  const reached = new Set([0]);
  for (let before = 0; before < reached.size; ) {
    before = reached.size;
    for (const { parent, child } of edges) {
      if (reached.has(parent)) reached.add(child);
      if (reached.has(child)) reached.add(parent);
    }
  }
  return reached.size === jobs;
}

test("in every reachable state of every small graph no job is lost, succeeds twice or runs before its parents", () => {
  let states = 0;
  for (let jobs = 1; jobs <= JOBS; jobs++) {
    for (const edges of allGraphs(jobs)) {
      // Parts of a graph that no arrow joins cannot touch each other.
      if (!isConnected(jobs, edges)) continue;
      states += checkModel({
        jobs,
        edges,
        maxAttempts: jobs < 3 ? 2 : 1,
        userRetries: 1,
        holdOutputs: false,
      }).states;
    }
  }
  assert.ok(states > (JOBS < 3 ? 200 : 1000), `${states} states`);
});

test("the same holds where outputs must be confirmed", () => {
  for (const edges of allGraphs(2)) {
    const { states } = checkModel({ jobs: 2, edges, maxAttempts: 2, userRetries: 1, holdOutputs: true });
    assert.ok(states > 50);
  }
});

test("the same holds where stragglers are raced by a second attempt", () => {
  for (let jobs = 1; jobs <= Math.max(2, JOBS - 1); jobs++) {
    for (const edges of allGraphs(jobs)) {
      if (!isConnected(jobs, edges)) continue;
      for (const holdOutputs of [false, true]) {
        const limits = { maxAttempts: 1, userRetries: 1, speculations: jobs === 1 ? 2 : 1 };
        const { states } = checkModel({ jobs, edges, holdOutputs, ...limits });
        assert.ok(states > 40, `${states}`);
      }
    }
  }
});

test("the checker finds a planted fault", () => {
  const edges = [{ parent: 0, child: 1, kind: "success" as const }];
  const model: Model = { jobs: 2, edges, maxAttempts: 1, userRetries: 0, holdOutputs: false };
  assert.throws(() => checkModel({ ...model, fault: "forget-children" }), /stuck/);
  assert.throws(() => checkModel({ ...model, fault: "release-early" }), /before its parent/);
});
