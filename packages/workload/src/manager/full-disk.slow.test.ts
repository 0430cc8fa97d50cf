import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { missingForPostgres, startPostgres } from "@almagest/servers";
import { simpleQueue } from "../testing/simple-queue.ts";
import type { JobSpec } from "../workflow-spec.ts";
import { openWorkload } from "./open-workload.ts";

/** A file system of so many megabytes, gone after the test; undefined where this process may not mount one. */
function smallDisk(t: TestContext, megabytes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "small-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=1777`, "tmpfs", folder]);
  if (mounted.status !== 0) {
    rmdirSync(folder);
    return undefined;
  }
  t.after(() => {
    spawnSync("umount", ["-l", folder]);
    rmdirSync(folder);
  });
  return folder;
}

const COUNT = 60_000;
const spec = { key: "k", name: "w", tasks: [{ label: "x" }], jobCount: COUNT };

function* jobs(): Generator<JobSpec> {
  for (let index = 0; index < COUNT; index++) {
    const parents = index < 100 ? [] : [index - 100];
    yield { name: `j${index}`, task: "x", payload: { padding: "0123456789".repeat(30) }, parents };
  }
}

/** Fills the disk by submitting, makes room, goes on, and looks that all is there once. */
async function fillAndGoOn(place: string, ballast: string): Promise<void> {
  const manager = await openWorkload(place);
  try {
    await manager.defineQueue(simpleQueue("Q", "US"));
    await assert.rejects(manager.submit(spec, jobs()));
    assert.deepEqual(await manager.acquire({ queue: "Q", worker: "w", count: 1 }).catch(() => []), []);
    unlinkSync(ballast);
    const { workflowId } = await manager.submit(spec, jobs());
    const { tasks } = await manager.workflow(workflowId);
    const { waiting, ready, active } = tasks[0]!.state.counts;
    assert.equal(waiting + ready + active, COUNT);
    const orders = await manager.acquire({ queue: "Q", worker: "w", count: 50, waitMs: 5000 });
    assert.equal(orders.length, 50);
    for (const { attemptId } of orders) {
      assert.equal((await manager.report({ attemptId, status: "finished" })).verdict, "taken");
    }
  } finally {
    await manager.close();
  }
}

test("SQLite: a full disk refuses a submission, and with room again it goes on where it stopped", async (t) => {
  const folder = smallDisk(t, 80);
  if (folder === undefined) return t.skip("needs the right to mount a file system");
  const ballast = join(folder, "ballast");
  writeFileSync(ballast, Buffer.alloc(60_000_000));
  await fillAndGoOn(join(folder, "w.db"), ballast);
});

test("PostgreSQL: a full disk refuses a submission, and with room again it goes on where it stopped", {
  skip: missingForPostgres() || false,
}, async (t) => {
  const folder = smallDisk(t, 400);
  if (folder === undefined) return t.skip("needs the right to mount a file system");
  const ballast = join(folder, "ballast");
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  const server = await startPostgres([
    "max_wal_size = 64MB",
    "min_wal_size = 32MB",
    "wal_keep_size = 0",
  ]).finally(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  });
  t.after(() => server.stop());
  const place = server.createDatabase("brimful");
  const free = Number(
    spawnSync("df", ["--output=avail", "-B1", folder], { encoding: "utf8" }).stdout.trim().split("\n")[1],
  );
  writeFileSync(ballast, Buffer.alloc(free - 30_000_000));
  await fillAndGoOn(place, ballast);
});
