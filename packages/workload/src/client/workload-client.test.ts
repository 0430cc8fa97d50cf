import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { openWorkload } from "../manager/open-workload.ts";
import { PANDA_CALLS } from "../panda/calls.ts";
import { describeApi } from "../panda/openapi.ts";
import { startPandaServer } from "../panda/server.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import type { JobSpec } from "../workflow-spec.ts";
import { WorkloadClient } from "./workload-client.ts";

async function serve(t: TestContext) {
  const manager = await openWorkload(":memory:");
  const server = await startPandaServer(manager);
  t.after(async () => {
    await server.close();
    await manager.close();
  });
  return { manager, server, client: new WorkloadClient({ url: server.url }) };
}

const chain = (count: number): JobSpec[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `j${index}`,
    task: "x",
    parents: index % 10 === 0 ? [] : [index - 1],
  }));
const spec = (count: number) => ({ key: "k", name: "w", tasks: [{ label: "x" }], jobCount: count });

test("a workflow of 20,000 jobs streams in, and one cut off goes on where it was", async (t) => {
  const { client } = await serve(t);
  async function* cut(): AsyncGenerator<JobSpec> {
    yield* chain(12_000);
    throw new Error("the cable was pulled");
  }
  await assert.rejects(client.submit(spec(20_000), cut()));
  const first = await client.submit(spec(20_000), chain(20_000));
  assert.equal(first.created, true);
  assert.deepEqual(await client.submit(spec(20_000), chain(20_000)), { ...first, created: false });
  const [line] = await client.workflows();
  assert.equal(line!.jobs, 20_000);
  assert.equal(line!.counts.ready + line!.counts.active, 2000);
  const page = await client.jobs({
    taskId: (await client.workflow(first.workflowId)).tasks[0]!.id,
    limit: 3,
  });
  assert.deepEqual(
    page.map(({ name }) => name),
    ["j0", "j1", "j2"],
  );
});

test("mistakes come back as the server's words, with the line of a submission", async (t) => {
  const { client, server } = await serve(t);
  const jobs = [{ name: "a", task: "x" }, { name: "b" } as unknown as JobSpec];
  await assert.rejects(client.submit(spec(2), jobs), { code: "WORKLOAD.REFUSED", message: /line 3: task/ });
  await assert.rejects(client.explain(99), { code: "WORKLOAD.REFUSED", message: /no job 99/ });
  await assert.rejects(client.setQueueStatus("none", "drain"), { message: /no queue none/ });
  await assert.rejects(client.defineQueue({ ...simpleQueue("Q", "US"), cores: 0 }), { message: /cores/ });
  await server.close();
  await assert.rejects(client.queues(), { code: "WORKLOAD.UNREACHABLE" });
});

test("the OpenAPI document holds every call in both versions, made from its schema", () => {
  const { paths } = describeApi() as { paths: Record<string, Record<string, { summary: string }>> };
  for (const { legacy, v1, method, summary } of PANDA_CALLS) {
    if (v1 !== undefined) assert.equal(paths[`/api/v1/${v1}`]![method.toLowerCase()]!.summary, summary);
    if (legacy !== undefined) assert.ok(paths[`/server/panda/${legacy}`]);
  }
  assert.match(JSON.stringify(paths["/server/panda/updateJob"]), /"jobId":\{"type":"integer"/);
  assert.match(JSON.stringify(paths["/api/v1/pilot/update_job"]), /"required":\["job_id","job_status"\]/);
});
