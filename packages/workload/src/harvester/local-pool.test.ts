import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Worker } from "../core/worker-state.ts";
import type { Queue } from "../scheduling/resources.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import { createLocalPool } from "./local-pool.ts";

const skip = process.platform === "linux" ? false : "needs Linux: /proc";

test("a pilot that was started before a crash is found by its mark, watched, and ended", {
  skip,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "local-pool-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const pilotFile = join(folder, "pilot.mjs");
  writeFileSync(pilotFile, "setTimeout(() => {}, 60_000);");
  const base = {
    harvester: `h${process.pid}`,
    queueId: 1,
    batchId: "",
    status: "pending",
    text: "",
  } as const;
  const worker: Worker = { ...base, id: 7, createdMs: 0, changedMs: 0 };
  const queue: Queue = { ...simpleQueue("Q", "US"), id: 1 };
  const setup = { url: "http://127.0.0.1:1", folder, slots: 1, idleSec: 1 };
  const first = createLocalPool(pilotFile);
  const pid = (await first.submit([worker], queue, setup)).get(7)!;
  const second = createLocalPool(pilotFile);
  const never: Worker = { ...worker, id: 8 };
  assert.deepEqual(await second.find!([worker, never]), new Map([[7, pid]]));
  const known: Worker = { ...worker, batchId: pid };
  assert.equal((await second.poll([known])).get(7)?.status, "running");
  await second.cancel([known]);
  assert.deepEqual(await second.find!([worker]), new Map());
  assert.equal((await second.poll([known])).get(7), undefined);
});
