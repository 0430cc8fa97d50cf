import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createManualClock } from "@almagest/base";
import { openWorkload } from "../manager/open-workload.ts";
import { startPandaServer } from "../panda/server.ts";
import { runPilot } from "../pilot/run-pilot.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import { exportTraces } from "./export-traces.ts";
import type { toOtlp } from "./otlp.ts";
import { readPilotTiming, writePilotTiming } from "./pilot-timing.ts";
import { isSampled, JOBS_PER_TRACE, jobContext, workflowContext } from "./trace-context.ts";
import { Tracer } from "./tracer.ts";

type Body = ReturnType<typeof toOtlp>;
type SentSpan = Body["resourceSpans"][number]["scopeSpans"][number]["spans"][number];

/** A collector on loopback that first is away, and then keeps what it is sent. */
async function startCollector(refusals: number) {
  const spans: SentSpan[] = [];
  let left = refusals;
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      if (left-- > 0) return response.writeHead(503).end();
      const { resourceSpans } = JSON.parse(body) as Body;
      spans.push(...resourceSpans[0]!.scopeSpans[0]!.spans);
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
  return { url, spans, close: () => server.close().closeAllConnections() };
}

async function until(check: () => boolean): Promise<void> {
  for (const end = performance.now() + 20_000; !check(); ) {
    assert.ok(performance.now() < end, "it did not come");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("a workflow is one trace from submit to each job's payload, which knows its place; a collector that was away gets all", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "traces-"));
  const collector = await startCollector(1);
  const manager = await openWorkload(":memory:");
  const tracer = new Tracer(manager, 1);
  const server = await startPandaServer(manager, { tracer });
  const stop = new AbortController();
  const exporting = exportTraces(manager, tracer, collector, stop.signal);
  t.after(async () => {
    stop.abort();
    await exporting;
    await server.close();
    await manager.close();
    collector.close();
    await rm(folder, { recursive: true });
  });
  await manager.defineQueue(simpleQueue("Q", "US"));
  const sh = (script: string) => ({ command: ["sh", "-c", script] });
  const jobs = [
    { name: "a", task: "isr", payload: sh(`sleep 0.2; printf %s "$TRACEPARENT" > ${folder}/place`) },
    { name: "b", task: "coadd", parents: [0], payload: sh("exit 7") },
    { name: "c", task: "coadd", parents: [1], payload: sh("true") },
  ];
  const tasks = [{ label: "isr" }, { label: "coadd", maxAttempts: 2 }];
  const spec = { key: "k", name: "night", tasks, jobCount: 3 };
  const { workflowId, firstJob } = await manager.submit(spec, jobs);
  await runPilot(
    { url: server.url, queue: "Q", folder, idleMs: 100, sampleMs: 50, graceMs: 100 },
    new AbortController().signal,
  );
  const { spans } = collector;
  await until(() => spans.some(({ name }) => name === "workflow night"));
  const workflow = (await tracer.workflows([workflowId])).get(workflowId)!;
  const root = spans.find(({ name }) => name === "workflow night")!;
  assert.deepEqual({ traceId: root.traceId, spanId: root.spanId }, workflowContext(workflow));
  assert.ok(spans.every(({ traceId }) => traceId === root.traceId));
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length);

  const childrenOf = (parent: SentSpan): string[] =>
    spans.flatMap((span) => (span.parentSpanId === parent.spanId ? [span.name] : [])).sort();
  const jobSpan = (index: number): SentSpan =>
    spans.find(({ spanId }) => spanId === jobContext(workflow, firstJob + index).spanId)!;
  assert.deepEqual(childrenOf(root), ["submit", "task coadd", "task isr"]);
  const task = spans.find(({ name }) => name === "task coadd")!;
  assert.deepEqual(childrenOf(task), ["job coadd", "job coadd"]);
  assert.deepEqual(childrenOf(jobSpan(0)), ["attempt"]);
  assert.deepEqual(childrenOf(jobSpan(1)), ["attempt", "attempt"]);
  assert.deepEqual(childrenOf(jobSpan(2)), []);
  assert.equal(jobSpan(2).status!.message, "pruned");
  assert.deepEqual(jobSpan(1).links, [jobContext(workflow, firstJob)]);

  const attempt = spans.find(({ parentSpanId }) => parentSpanId === jobSpan(0).spanId)!;
  assert.deepEqual(childrenOf(attempt), ["brokerage", "dispatch", "payload", "queued", "setup"]);
  const payload = spans.find((span) => span.name === "payload" && span.parentSpanId === attempt.spanId)!;
  const milliseconds = (Number(payload.endTimeUnixNano) - Number(payload.startTimeUnixNano)) / 1e6;
  assert.ok(milliseconds >= 199, `${milliseconds} ms`);
  assert.equal(await readFile(join(folder, "place"), "utf8"), `00-${payload.traceId}-${payload.spanId}-01`);
  const failed = spans.filter(({ name, status }) => name === "payload" && status !== undefined);
  assert.equal(failed.length, 2);
  for (const span of failed) assert.match(span.status!.message, /^transform:7 exit code 7/);
  // Every span lies within the one it is part of, but for what the clock's ticks round.
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  for (const span of spans) {
    const parent = byId.get(span.parentSpanId ?? "");
    if (parent === undefined) continue;
    assert.ok(BigInt(span.startTimeUnixNano) >= BigInt(parent.startTimeUnixNano) - 1_000_000n, span.name);
    assert.ok(BigInt(span.endTimeUnixNano) <= BigInt(parent.endTimeUnixNano) + 1_000_000n, span.name);
  }
});

test("jobs of a large workflow have traces of their own; of a sample only the chosen and the failed are exported", async (t) => {
  const clock = createManualClock(1_700_000_000_000);
  const collector = await startCollector(0);
  const manager = await openWorkload(":memory:", { clock });
  const tracer = new Tracer(manager, 0.25);
  const stop = new AbortController();
  const exporting = exportTraces(manager, tracer, collector, stop.signal);
  t.after(async () => {
    stop.abort();
    await exporting;
    await manager.close();
    collector.close();
  });
  await manager.defineQueue(simpleQueue("Q", "US", { backlog: 5000 }));
  const jobs = Array.from({ length: JOBS_PER_TRACE + 1 }, (_, index) => ({ name: `j${index}`, task: "x" }));
  const spec = { key: "k", name: "w", tasks: [{ label: "x", maxAttempts: 1 }], jobCount: jobs.length };
  const { workflowId, firstJob } = await manager.submit(spec, jobs);
  const orders = await manager.acquire({ queue: "Q", worker: "w", count: jobs.length });
  clock.advance(60_000);
  const failing = orders.slice(0, 5).map(({ jobId }) => jobId);
  for (const { attemptId, jobId } of orders)
    tracer.noteTiming(attemptId, jobId % 2 === 0 ? "0|5|20|10|0|1" : "?");
  await Promise.all(
    orders.map(({ attemptId, jobId }) =>
      manager.report({ attemptId, status: failing.includes(jobId) ? "failed" : "finished" }),
    ),
  );
  const { spans } = collector;
  await until(() => spans.some(({ name }) => name === "workflow w"));
  const workflow = (await tracer.workflows([workflowId])).get(workflowId)!;
  const sampled = jobs.flatMap((_, index) => {
    const id = firstJob + index;
    return failing.includes(id) || isSampled(jobContext(workflow, id), 0.25) ? [id] : [];
  });
  assert.ok(sampled.length > 180 && sampled.length < 330, `${sampled.length} sampled`);
  const shown = spans.filter(({ name }) => name === "job x");
  assert.deepEqual(
    shown.map(({ traceId }) => traceId).sort(),
    sampled.map((id) => jobContext(workflow, id).traceId).sort(),
  );
  assert.equal(new Set(shown.map(({ traceId }) => traceId)).size, shown.length);
  for (const { links } of shown) assert.deepEqual(links, [workflowContext(workflow)]);
  // The pilot's own times, counted back from its report; without them all is payload.
  const partsOf = (jobId: number): [string, number][] =>
    spans
      .filter(({ traceId }) => traceId === jobContext(workflow, jobId).traceId)
      .flatMap(({ name, startTimeUnixNano: start, endTimeUnixNano: end }) =>
        ["dispatch", "setup", "stage-in", "payload", "stage-out"].includes(name)
          ? [[name, (Number(end) - Number(start)) / 1e9] as [string, number]]
          : [],
      );
  const [even, odd] = [0, 1].map((rest) => sampled.find((id) => id % 2 === rest)!);
  const parts = [
    ["setup", 1],
    ["stage-in", 5],
    ["payload", 20],
    ["stage-out", 10],
  ] as const;
  assert.deepEqual(partsOf(even!), [["dispatch", 24], ...parts]);
  assert.deepEqual(
    partsOf(odd!).map(([name]) => name),
    ["dispatch", "payload"],
  );
});

test("times of PanDA's pilot are read, and nonsense is not", () => {
  const timing = { setup: 6, stageIn: 2, payload: 3, stageOut: 4 };
  assert.deepEqual(readPilotTiming("1|2|3|4|5|6"), timing);
  assert.deepEqual(readPilotTiming(writePilotTiming(timing)), timing);
  for (const text of ["", "1|2", "a|b|c|d", "1|-2|3|4"]) assert.equal(readPilotTiming(text), undefined);
});
