import assert from "node:assert/strict";
import { access, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openWorkload } from "../manager/open-workload.ts";
import { startPandaServer } from "../panda/server.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import type { JobSpec, TaskSpec } from "../workflow-spec.ts";
import { findMarked } from "./process-tree.ts";
import { type PilotOptions, runPilot } from "./run-pilot.ts";

const skip = process.platform === "linux" ? false : "needs Linux: /proc";
const WORKER = join(import.meta.dirname, "../testing/warm-worker.mjs");

/** Runs jobs to their end through a real server and a real pilot; gives how each ended, by name. */
async function runJobs(
  t: TestContext,
  jobs: readonly JobSpec[],
  task: Partial<TaskSpec> = {},
  options: Partial<PilotOptions> = {},
) {
  const folder = await mkdtemp(join(tmpdir(), "pilot-"));
  const manager = await openWorkload(":memory:");
  const server = await startPandaServer(manager);
  t.after(async () => {
    await server.close();
    await manager.close();
    await rm(folder, { recursive: true });
  });
  await manager.defineQueue(simpleQueue("Q", "US"));
  const tasks = [{ label: "x", maxAttempts: 1, ...task }];
  const { firstJob } = await manager.submit({ key: "k", name: "w", tasks, jobCount: jobs.length }, jobs);
  const pilot = { url: server.url, queue: "Q", folder, idleMs: 200, sampleMs: 40, graceMs: 300, ...options };
  await runPilot(pilot, new AbortController().signal);
  const ends = await Promise.all(jobs.map((_, index) => manager.explain(firstJob + index)));
  const file = (name: string, path: string): string => {
    const attempt = ends.find((end) => end.name === name)!.attempts.at(-1)!;
    return join(folder, String(attempt.id), path);
  };
  return { ends: new Map(ends.map((end) => [end.name, end])), file };
}

const node = (script: string): string[] => [process.execPath, "-e", script];

test("programs run, and their ends, logs and memory are reported", { skip }, async (t) => {
  const { ends, file } = await runJobs(t, [
    {
      name: "good",
      task: "x",
      payload: { command: node("console.log('hello'); setTimeout(() => {}, 150)") },
    },
    { name: "bad", task: "x", payload: { command: node("console.error('no such star'); process.exit(7)") } },
    { name: "empty", task: "x", payload: {} },
    { name: "absent", task: "x", payload: { command: ["/no/such/program"] } },
  ]);
  assert.equal(ends.get("good")!.status, "finished");
  assert.ok(ends.get("good")!.attempts[0]!.maxMemoryKb > 10_000);
  assert.equal(await readFile(file("good", "payload.log"), "utf8"), "hello\n");
  const rows = (await readFile(file("good", "memory_monitor_output.txt"), "utf8")).trim().split("\n");
  assert.ok(rows.length >= 2 && rows[0]!.startsWith("Time\t"));
  const summary = JSON.parse(await readFile(file("good", "memory_monitor_summary.json"), "utf8"));
  assert.ok(summary.Max.pss > 10_000 && summary.Avg.pss <= summary.Max.pss);
  await assert.rejects(access(file("good", "work")));
  assert.match(ends.get("bad")!.attempts[0]!.failure!, /transform:7 exit code 7: no such star/);
  await access(file("bad", "work"));
  assert.match(ends.get("empty")!.attempts[0]!.failure!, /neither a command nor a worker/);
  assert.match(ends.get("absent")!.attempts[0]!.failure!, /ENOENT/);
});

test("a warm worker takes many jobs in one process, and is replaced when it dies or babbles", {
  skip,
}, async (t) => {
  const jobs = ["a", "b", "c", "d", "e", "f"].map((name): JobSpec => ({ name, task: "x" }));
  const broken = [{ fail: true }, { die: true }, { babble: true }];
  const all = jobs.map((job, index) =>
    index > 0 && index < 4 ? { ...job, payload: broken[index - 1]! } : job,
  );
  const payload = { worker: { command: [process.execPath, WORKER] } };
  const { ends, file } = await runJobs(t, all, { payload });
  const status = [...ends.values()].map((end) => end.status);
  assert.deepEqual(status, ["finished", "failed", "failed", "failed", "finished", "finished"]);
  assert.match(ends.get("b")!.attempts[0]!.failure!, /executor:9 asked to fail/);
  assert.match(ends.get("c")!.attempts[0]!.failure!, /exit code 3/);
  assert.match(ends.get("d")!.attempts[0]!.failure!, /not of the protocol/);
  const line = async (name: string): Promise<string> => readFile(file(name, "payload.log"), "utf8");
  const processOf = async (name: string): Promise<string> => /process (\d+)/.exec(await line(name))![1]!;
  assert.equal(await processOf("a"), await processOf("b"));
  assert.notEqual(await processOf("c"), await processOf("d"));
  assert.equal(await processOf("e"), await processOf("f"));
});

test("hungry, endless, forking, flooding and disk-filling payloads are contained, each with its cause", {
  skip,
}, async (t) => {
  const hungry = "const keep = []; setInterval(() => keep.push(Buffer.alloc(3e7, 1)), 5)";
  const fork = `require("node:child_process").spawn("setsid", ["sleep", "60"], {detached: true, stdio: "ignore"}).unref()`;
  const flood =
    "const line = 'x'.repeat(1e5) + '\\n'; for (let i = 0; i < 300; i++) require('fs').writeSync(1, line)";
  const fill = "setInterval(() => require('fs').appendFileSync('big', Buffer.alloc(1e6)), 2)";
  const { ends, file } = await runJobs(
    t,
    [
      { name: "hungry", task: "x", payload: { command: node(hungry) }, request: { memoryMb: 300 } },
      { name: "endless", task: "x", payload: { command: ["sleep", "60"] }, request: { wallSec: 1 } },
      { name: "forking", task: "x", payload: { command: node(fork) } },
      { name: "flooding", task: "x", payload: { command: node(flood) } },
      { name: "filling", task: "x", payload: { command: node(fill) } },
    ],
    {},
    { logBytes: 100_000, diskMb: 40 },
  );
  assert.match(
    ends.get("hungry")!.attempts[0]!.failure!,
    /pilot:1212 used \d+ MB of memory, 300 MB were allowed/,
  );
  assert.match(ends.get("endless")!.attempts[0]!.failure!, /pilot:1213 ran longer than the 1 s allowed/);
  assert.match(ends.get("filling")!.attempts[0]!.failure!, /pilot:1104 its work folder holds/);
  assert.equal(ends.get("forking")!.status, "finished");
  assert.equal(ends.get("flooding")!.status, "finished");
  assert.ok((await stat(file("flooding", "payload.log"))).size < 400_000);
});

test("a job that was killed at the server is stopped by its next heartbeat, and nothing of it is left", {
  skip,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "pilot-"));
  const manager = await openWorkload(":memory:");
  const server = await startPandaServer(manager);
  t.after(async () => {
    await server.close();
    await manager.close();
    await rm(folder, { recursive: true });
  });
  await manager.defineQueue(simpleQueue("Q", "US"));
  const payload = { command: ["sh", "-c", "sleep 61 & echo $ALMAGEST_PILOT_MARK; wait"] };
  const jobs: JobSpec[] = [{ name: "long", task: "x", payload }];
  const { firstJob } = await manager.submit(
    { key: "k", name: "w", tasks: [{ label: "x" }], jobCount: 1 },
    jobs,
  );
  const pilot = runPilot(
    { url: server.url, queue: "Q", folder, idleMs: 100, sampleMs: 30, heartbeatMs: 30, graceMs: 300 },
    new AbortController().signal,
  );
  let attempt = (await manager.explain(firstJob)).attempts[0]!;
  let mark = "";
  while (mark === "") {
    await new Promise((resolve) => setTimeout(resolve, 20));
    attempt = (await manager.explain(firstJob)).attempts[0]!;
    mark = (await readFile(join(folder, String(attempt.id), "payload.log"), "utf8").catch(() => "")).trim();
  }
  assert.ok((await findMarked(mark)).length >= 2);
  await manager.cancelJob(firstJob);
  await pilot;
  assert.deepEqual(await findMarked(mark), []);
  assert.equal((await manager.explain(firstJob)).status, "cancelled");
});
