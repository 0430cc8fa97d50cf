import assert from "node:assert/strict";
import { test } from "node:test";
import { createBpsConfig } from "../config/bps-config.ts";
import { resolveResources } from "../config/job-resources.ts";
import type { WorkflowJob } from "../workflow/generic-workflow.ts";
import { groupIntoArrays } from "./slurm-arrays.ts";
import { parseAccounting, parseQueue, type SlurmFact } from "./slurm-query.ts";

const resources = resolveResources(createBpsConfig({ requestMemory: 100 }), {});
const job = (name: string, label: string, parents: string[]): WorkflowJob => ({
  name,
  label,
  parents,
  tags: {},
  quanta: [],
  resources,
  folder: label,
});

test("jobs that wait each for its own element, or all for the same, become arrays", () => {
  const arrays = groupIntoArrays([
    job("a1", "a", []),
    job("a2", "a", []),
    job("a3", "a", ["done before"]),
    job("b3", "b", ["a3"]),
    job("b1", "b", ["a1"]),
    job("b2", "b", ["a2"]),
    job("c1", "c", ["b1", "b2", "b3"]),
    job("c2", "c", ["b1", "b2", "b3"]),
    job("d", "d", ["c2"]),
    job("e", "e", ["b1", "c1"]),
  ]);
  assert.deepEqual(
    arrays.map(({ jobs, dependency }) => [jobs.map(({ name }) => name).join(" "), dependency]),
    [
      ["a1 a2 a3", { kind: "none" }],
      ["b1 b2 b3", { kind: "each", parents: ["a1", "a2", "a3"] }],
      ["c1 c2", { kind: "all", parents: ["b1", "b2", "b3"], wholeArrays: true }],
      ["d", { kind: "all", parents: ["c2"], wholeArrays: false }],
      ["e", { kind: "all", parents: ["b1", "c1"], wholeArrays: false }],
    ],
  );
});

test("what Slurm says becomes our states, the queue winning over accounting", () => {
  const facts = new Map<string, SlurmFact>();
  parseAccounting(
    "5_0|COMPLETED|0:0\n5_1|OUT_OF_MEMORY|0:125\n6|TIMEOUT|0:15\n7|FAILED|9:0\n8|CANCELLED by 0|0:0\n9|PENDING|0:0\n10|NODE_FAIL|0:0\n12_[1-2,4%3]|CANCELLED by 0|0:0\n",
    facts,
  );
  parseQueue("9|PENDING|Dependency\n6|RUNNING|None\n5_0|COMPLETED|None\n11|PENDING|JobHeldUser\n", facts);
  assert.deepEqual(
    [...facts].map(([id, { state, live, cause, exitCode }]) => [id, state, live, cause, exitCode]),
    [
      ["5_0", "SUCCEEDED", false, "none", 0],
      ["5_1", "FAILED", false, "memory", 0],
      ["6", "RUNNING", true, "none", 0],
      ["7", "FAILED", false, "exit", 9],
      ["8", "DELETED", false, "none", 0],
      ["9", "UNREADY", true, "none", 0],
      ["10", "FAILED", false, "node", 0],
      ["12_1", "DELETED", false, "none", 0],
      ["12_2", "DELETED", false, "none", 0],
      ["12_4", "DELETED", false, "none", 0],
      ["11", "HELD", true, "none", 0],
    ],
  );
});
