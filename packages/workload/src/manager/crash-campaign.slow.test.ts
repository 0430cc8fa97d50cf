import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom, type Random } from "@almagest/base";
import { openSqlite, sql } from "@almagest/database";
import { PilotClient } from "../pilot/pilot-client.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import type { JobSpec } from "../workflow-spec.ts";
import type { JobOrder } from "./acquire-jobs.ts";
import { openWorkload } from "./workload-manager.ts";

/** How often the server is killed; `WORKLOAD_KILLS=500` for a long campaign. */
const KILLS = Number(process.env.WORKLOAD_KILLS ?? 3);
const SERVER = join(import.meta.dirname, "../testing/server-main.ts");

/** A graph in which every job beyond the first hundred waits for two before it. */
function graph(count: number): JobSpec[] {
  return Array.from({ length: count }, (_, index) => {
    const parents = index < 100 ? [] : [index - 100, index - 37];
    return { name: `j${index}`, task: "x", parents };
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

/** A simulated pilot: most jobs end well, some fail, some are dropped, and some are reported long after they were given up. */
async function pilot(url: string, name: string, random: Random, stop: AbortSignal): Promise<void> {
  const client = new PilotClient({ url });
  const late: Promise<unknown>[] = [];
  for (let request = 1; !stop.aborted; request++) {
    const offer = { site_name: "Q", node: name, n_jobs: 4, wait_sec: 0.2, request_id: `${name}-${request}` };
    const orders = await client.acquire(offer, stop).catch((error: unknown) => {
      if (stop.aborted) return [];
      throw error;
    });
    const run = async ({ attemptId, attemptNr }: JobOrder): Promise<void> => {
      const ids = { job_id: attemptId, attempt_nr: attemptNr };
      const fate = random.uniform();
      if (fate < 0.01) return;
      await client.update({ ...ids, job_status: "running" });
      const finished = {
        ...ids,
        job_status: "finished",
        job_output_report: `{"out.${attemptId}": {"fsize": 1}}`,
      };
      if (fate < 0.02) late.push(sleep(1200).then(() => client.update(finished)));
      else if (fate < 0.06) await client.update({ ...ids, job_status: "failed", pilot_error_code: 1305 });
      else await client.update(finished);
    };
    await Promise.all(orders.map(run));
  }
  await Promise.all(late);
}

async function startServer(path: string, port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [SERVER, path, String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout!, "data");
  return child;
}

test(`a server killed ${KILLS} times at random loses no job and runs none to success twice`, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "crash-"));
  const path = join(folder, "w.db");
  const random = createRandom("crash campaign");
  const port = await freePort();
  const stop = new AbortController();
  const count = 100 + 50 * KILLS;
  const jobs = graph(count);
  const first = await openWorkload(path);
  await first.defineQueue(simpleQueue("Q", "US"));
  await first.submit(
    { key: "k", name: "w", tasks: [{ label: "x", maxAttempts: 50 }], jobCount: count },
    jobs,
  );
  await first.close();
  const db = await openSqlite(path, { readOnly: true });
  const open = async (): Promise<number> =>
    Number((await db.rows(sql`SELECT count(*) FROM job WHERE status <> 'finished'`))[0]![0]);
  let server = await startServer(path, port);
  t.after(async () => {
    stop.abort();
    server.kill("SIGKILL");
    await rm(folder, { recursive: true });
  });
  const url = `http://127.0.0.1:${port}`;
  const pilots = Array.from({ length: 3 }, (_, index) =>
    pilot(url, `p${index}`, random.fork(index), stop.signal),
  );
  for (let kill = 0; kill < KILLS; kill++) {
    // In the midst of work: after a few more jobs, and then at any moment.
    const goal = (await open()) - random.integer(30);
    while ((await open()) > Math.max(0, goal)) await sleep(5);
    await sleep(random.integer(20));
    server.kill("SIGKILL");
    await once(server, "exit");
    server = await startServer(path, port);
  }
  while ((await open()) > 0) await sleep(50);
  stop.abort();
  await Promise.all(pilots);
  const twice = await db.rows(
    sql`SELECT job_id FROM every_attempt WHERE status = 'finished' GROUP BY job_id HAVING count(*) <> 1`,
  );
  assert.deepEqual(twice, []);
  const ended = await db.rows(
    sql`SELECT count(DISTINCT job_id), count(*) FROM every_attempt WHERE status = 'finished'`,
  );
  assert.deepEqual(ended[0]!.map(Number), [count, count]);
  const early = await db.rows(sql`SELECT edge.child FROM edge
    JOIN every_attempt AS parent ON parent.job_id = edge.parent AND parent.status = 'finished'
    JOIN every_attempt AS child ON child.job_id = edge.child WHERE child.created_ms < parent.end_ms`);
  assert.deepEqual(early, []);
  const outputs =
    await db.rows(sql`SELECT count(*) FROM output_file JOIN every_attempt AS attempt ON attempt.id = output_file.attempt_id
    WHERE attempt.status = 'finished'`);
  const strays = await db.rows(sql`SELECT count(*) FROM output_file`);
  assert.deepEqual([Number(outputs[0]![0]), Number(strays[0]![0])], [count, count]);
  await db.close();
});
