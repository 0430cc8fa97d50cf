import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorkload } from "../manager/open-workload.ts";
import { controlWorkflow } from "./control-workflow.ts";

test("a workflow that is killed has every task aborted, also those whose jobs waited for others", async (t) => {
  const manager = await openWorkload(":memory:");
  t.after(() => manager.close());
  const tasks = [{ label: "a" }, { label: "b" }, { label: "c" }];
  const jobs = tasks.map(({ label }, index) => ({
    ...{ name: label, task: label, parents: index === 0 ? [] : [index - 1] },
  }));
  const { workflowId } = await manager.submit({ key: "k", name: "w", tasks, jobCount: 3 }, jobs);
  assert.equal(await controlWorkflow(manager, workflowId, "kill"), 3);
  const { tasks: ended } = await manager.workflow(workflowId);
  assert.deepEqual(
    ended.map(({ state }) => state.status),
    ["aborted", "aborted", "aborted"],
  );
});
