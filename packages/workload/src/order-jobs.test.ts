import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import fc from "fast-check";
import { orderJobs } from "./order-jobs.ts";

test("parents come first whatever the order given", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.nat(30), { maxLength: 4 }), { minLength: 1, maxLength: 30 }),
      fc.nat(),
      (lists, turn) => {
        // Arrows only from a lower to a higher number, then the list is turned: a graph without circles in a mixed order.
        const jobs = lists.map((parents, index) => ({
          name: `j${index}`,
          task: "x",
          parents: [...new Set(parents.filter((parent) => parent < index))].map((parent) => `j${parent}`),
        }));
        const turned = [...jobs.slice(turn % jobs.length), ...jobs.slice(0, turn % jobs.length)].reverse();
        const ordered = orderJobs(turned);
        assert.equal(ordered.length, jobs.length);
        ordered.forEach((job, ordinal) => {
          const names = job.parents!.map((parent) => {
            assert.ok(parent < ordinal);
            return ordered[parent]!.name;
          });
          assert.deepEqual(names.sort(), [...jobs.find(({ name }) => name === job.name)!.parents].sort());
        });
      },
    ),
    { seed: 5, numRuns: 100 },
  );
});

test("a circle, an unknown parent and a doubled name are refused", () => {
  const refused = (code: string) => (error: unknown) => isAlmagestError(error, code);
  const circle = [
    { name: "a", task: "x", parents: ["b"] },
    { name: "b", task: "x", afterEnd: ["a"] },
  ];
  assert.throws(() => orderJobs(circle), refused("WORKLOAD.GRAPH_CYCLE"));
  const unknown = [{ name: "a", task: "x", parents: ["z"] }];
  assert.throws(() => orderJobs(unknown), refused("WORKLOAD.WORKFLOW_INVALID"));
  const doubled = [
    { name: "a", task: "x" },
    { name: "a", task: "x" },
  ];
  assert.throws(() => orderJobs(doubled), refused("WORKLOAD.WORKFLOW_INVALID"));
});
