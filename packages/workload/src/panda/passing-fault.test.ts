import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openWorkload } from "../manager/open-workload.ts";
import { PilotClient } from "../pilot/pilot-client.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import { startPandaServer } from "./server.ts";

test("a server whose place another took answers 503, and the pilot that asks goes on asking until the new one answers", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "passing-"));
  const place = join(folder, "w.db");
  const first = await openWorkload(place);
  await first.defineQueue(simpleQueue("Q", "US"));
  const jobs = [{ name: "one", task: "isr" }];
  await first.submit({ key: "k", name: "w", tasks: [{ label: "isr" }], jobCount: 1 }, jobs);
  const old = await startPandaServer(first);
  const second = await openWorkload(place);
  t.after(async () => {
    await second.close();
    await first.close().catch(() => {});
    rmSync(folder, { recursive: true });
  });
  const body = '{"site_name": "Q"}';
  const post = (path: string) => fetch(`${old.url}${path}`, { method: "POST", body });
  const refused = await post("/api/v1/pilot/acquire_jobs");
  assert.equal(refused.status, 503);
  assert.match(((await refused.json()) as { message: string }).message, /Another workload manager/);
  const legacy = await post("/server/panda/getJob?siteName=Q");
  assert.equal(legacy.status, 200);
  assert.equal(((await legacy.json()) as { StatusCode: number }).StatusCode, 30);
  const waiting = new PilotClient({ url: old.url }).acquire(
    { site_name: "Q", n_jobs: 1 },
    new AbortController().signal,
  );
  await old.close();
  const next = await startPandaServer(second, { port: old.port });
  t.after(() => next.close());
  assert.equal((await waiting)[0]!.jobName, "one");
});
