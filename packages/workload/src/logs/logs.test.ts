import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { WorkloadClient } from "../client/workload-client.ts";
import { openWorkload } from "../manager/open-workload.ts";
import { startPandaServer } from "../panda/server.ts";
import { runPilot } from "../pilot/run-pilot.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import { type LogLine, openLogStore } from "./log-store.ts";
import { toLokiPush } from "./loki-push.ts";
import { readLokiPush } from "./read-loki-push.ts";

const line = (changes: Partial<LogLine>): LogLine => ({
  ...{
    timeMs: 1_700_000_000_000,
    workflowId: 1,
    task: "isr",
    jobId: 5,
    attemptId: 9,
    queue: "Q",
    level: "info",
  },
  text: "a line",
  ...changes,
});

test("lines are found by workflow, task, job, time and text; old ones go", async () => {
  await using store = await openLogStore(":memory:", 3);
  await store.append([
    line({ text: "No such Star_%" }),
    line({ timeMs: 1_700_000_060_000, task: "coadd", jobId: 6, text: "done" }),
    line({ workflowId: 2, jobId: 7, level: "error", text: "ü" }),
    line({ text: "the end" }),
  ]);
  const texts = async (filter: Parameters<typeof store.search>[0]): Promise<string[]> =>
    (await store.search(filter)).map(({ text }) => text);
  assert.deepEqual(await texts({ workflowId: 1 }), ["No such Star_%", "done", "the end"]);
  assert.deepEqual(await texts({ workflowIds: [1, 2] }), ["No such Star_%", "done", "ü", "the end"]);
  assert.deepEqual(await texts({ workflowIds: [2] }), ["ü"]);
  assert.deepEqual(await texts({ task: "coadd" }), ["done"]);
  assert.deepEqual(await texts({ jobId: 7 }), ["ü"]);
  assert.deepEqual(await texts({ fromMs: 1_700_000_000_001 }), ["done"]);
  assert.deepEqual(await texts({ toMs: 1_700_000_000_000, text: "star_%" }), ["No such Star_%"]);
  assert.deepEqual(await texts({ limit: 2 }), ["ü", "the end"]);
  assert.deepEqual(await texts({ after: 2, limit: 1 }), ["ü"]);
  await store.trim();
  assert.deepEqual(await texts({}), ["done", "ü", "the end"]);
});

test("a push in Loki's form says what the lines said; others' labels count where they are known", () => {
  const lines = [line({}), line({ text: "next" }), line({ level: "error", text: "x" })];
  const push = toLokiPush(lines);
  assert.equal(push.streams.length, 2);
  assert.deepEqual(readLokiPush(push), lines);
  const [foreign] = readLokiPush({
    streams: [{ stream: { PandaID: "12" }, values: [["1500000000000000", "t"]] }],
  });
  assert.deepEqual([foreign!.attemptId, foreign!.timeMs, foreign!.jobId], [12, 1_500_000_000, 0]);
  assert.throws(() => readLokiPush({ streams: 3 }), { code: "WORKLOAD.REQUEST_INVALID" });
});

test("what a job prints is found at the server while it runs, and handed on to other stores", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "logs-"));
  const handedOn: LogLine[] = [];
  const logs = await openLogStore(":memory:");
  const manager = await openWorkload(":memory:");
  const logForwards = [{ take: (lines: readonly LogLine[]) => void handedOn.push(...lines) }];
  const server = await startPandaServer(manager, { logs, logForwards });
  t.after(async () => {
    await server.close();
    await manager.close();
    await logs[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  await manager.defineQueue(simpleQueue("Q", "US"));
  const command = [
    "sh",
    "-c",
    "echo first light; echo ERROR: no star >&2; while [ ! -e go ]; do sleep 0.05; done",
  ];
  const jobs = [{ name: "j", task: "isr", payload: { command } }];
  const spec = { key: "k", name: "w", tasks: [{ label: "isr" }], jobCount: 1 };
  const { firstJob, workflowId } = await manager.submit(spec, jobs);
  const settings = { url: server.url, queue: "Q", folder, idleMs: 100, sampleMs: 50, graceMs: 100 };
  const stop = new AbortController();
  const running = runPilot(settings, stop.signal);
  const client = new WorkloadClient({ url: server.url });
  let found = await client.logs({ jobId: firstJob });
  while (found.length < 2) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    found = await client.logs({ jobId: firstJob });
  }
  assert.equal((await manager.explain(firstJob)).attempts[0]!.status, "running");
  assert.deepEqual(found.map(({ text, level }) => `${level} ${text}`).sort(), [
    "error ERROR: no star",
    "info first light",
  ]);
  assert.ok(
    found.every((each) => each.task === "isr" && each.workflowId === workflowId && each.queue === "Q"),
  );
  assert.equal((await client.logs({ text: "FIRST" })).length, 1);
  stop.abort();
  await running;
  assert.ok(handedOn.some(({ text, jobId }) => text === "first light" && jobId === firstJob));
});
