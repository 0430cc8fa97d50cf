import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { createTokenVerifier, openLaptopIssuer } from "@almagest/identity";
import { openWorkload } from "../manager/open-workload.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import type { JobSpec } from "../workflow-spec.ts";
import { type PandaServerOptions, startPandaServer } from "./server.ts";

interface Step {
  readonly call: string;
  readonly body?: unknown;
  readonly form?: string;
  readonly raw?: string;
  readonly rawHex?: string;
  readonly gzip?: boolean;
  readonly status?: number;
  readonly expect: Record<string, unknown>;
}

interface Fixture {
  readonly title: string;
  readonly jobs: readonly JobSpec[];
  readonly steps: readonly Step[];
}

async function serve(t: TestContext, jobs: readonly JobSpec[], options: PandaServerOptions = {}) {
  const manager = await openWorkload(":memory:");
  const server = await startPandaServer(manager, options);
  t.after(async () => {
    await server.close();
    await manager.close();
  });
  await manager.defineQueue(simpleQueue("Q", "US"));
  const tasks = [...new Set(jobs.map(({ task }) => task))].map((label) => ({ label }));
  await manager.submit({ key: "k", name: "w", tasks, jobCount: jobs.length }, jobs);
  return { manager, url: server.url };
}

/** What is sent, as a pilot would: JSON, gzipped JSON without a word about it, a form, or plain rubbish. */
function bodyOf(step: Step): { body?: string | Buffer<ArrayBuffer>; headers: Record<string, string> } {
  if (step.rawHex !== undefined) return { body: Buffer.from(step.rawHex, "hex"), headers: {} };
  if (step.raw !== undefined) return { body: step.raw, headers: {} };
  const form = { "content-type": "application/x-www-form-urlencoded" };
  if (step.form !== undefined) return { body: step.form, headers: form };
  if (step.body === undefined) return { headers: {} };
  const text = JSON.stringify(step.body);
  return {
    body: step.gzip ? Buffer.from(gzipSync(text)) : text,
    headers: { "content-type": "application/json" },
  };
}

const folder = join(import.meta.dirname, "fixtures");
for (const file of readdirSync(folder).sort()) {
  const fixture = JSON.parse(readFileSync(join(folder, file), "utf8")) as Fixture;
  test(`${file}: ${fixture.title}`, async (t) => {
    const { url } = await serve(t, fixture.jobs);
    for (const [index, step] of fixture.steps.entries()) {
      const [method = "", path = ""] = step.call.split(" ");
      const response = await fetch(`${url}${path}`, { method, ...bodyOf(step) });
      const reply: unknown = await response.json();
      assert.equal(response.status, step.status ?? 200, `step ${index}: ${step.call}`);
      assert.partialDeepStrictEqual(reply, step.expect, `step ${index}: ${step.call}`);
    }
  });
}

test("where tokens are asked for, a call without one or with a wrong one is refused and changes nothing", async (t) => {
  const jobs = [{ name: "one", task: "isr" }];
  const keys = mkdtempSync(join(tmpdir(), "keys-"));
  t.after(() => rmSync(keys, { recursive: true }));
  const issuer = await openLaptopIssuer(keys);
  const { url, manager } = await serve(t, jobs, { access: { verify: createTokenVerifier([issuer.trust]) } });
  const token = await issuer.issue("p", ["pilot"], 60);
  const ask = (headers: Record<string, string>) =>
    fetch(`${url}/api/v1/pilot/acquire_jobs`, { method: "POST", headers, body: '{"site_name": "Q"}' });
  assert.equal((await ask({})).status, 401);
  assert.equal((await ask({ authorization: "Bearer wrong!" })).status, 401);
  assert.equal(manager.queues()[0]!.activated, 1);
  assert.equal((await ask({ authorization: `Bearer ${token}` })).status, 200);
  assert.equal(manager.queues()[0]!.running, 1);
});

test("a pilot that waits is answered when work appears", async (t) => {
  const { url, manager } = await serve(t, []);
  const waiting = fetch(`${url}/api/v1/pilot/acquire_jobs`, {
    method: "POST",
    body: '{"site_name": "Q", "wait_sec": 60}',
  });
  while (manager.waitingPilots() === 0) await new Promise((resolve) => setImmediate(resolve));
  const late = [{ name: "late", task: "isr" }];
  await manager.submit({ key: "k2", name: "w", tasks: [{ label: "isr" }], jobCount: 1 }, late);
  const reply = (await (await waiting).json()) as { data: { jobs: { jobName: string }[] } };
  assert.equal(reply.data.jobs[0]!.jobName, "late");
});
