/**
 * A pilot for the kill campaign, started as the real one is (`--url URL --queue Q --folder DIR …`). Most jobs end well, some
 * fail, some are dropped, and some are reported long after they were given up. What a job makes is a file below `out`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createRandom } from "@almagest/base";
import type { JobOrder } from "../../manager/acquire-jobs.ts";
import { PilotClient } from "../../pilot/pilot-client.ts";

const names = ["url", "queue", "folder", "slots", "idle-sec", "harvester", "worker-id"];
const options = Object.fromEntries(names.map((name) => [name, { type: "string", default: "" }] as const));
const { values } = parseArgs({ options: options as Record<string, { type: "string" }> });
const { url, queue, folder, harvester } = values as Record<string, string>;
const worker = Number(values["worker-id"]);
const name = `${harvester}-${worker}-${process.pid}`;
const random = createRandom(name);
const client = new PilotClient({ url: url!, answerMs: 2000 });
const never = new AbortController().signal;
const outputs = join(folder!, "out");
mkdirSync(outputs, { recursive: true });
// One name for each start of the worker: a worker that is started twice shows.
writeFileSync(join(folder!, `start.${worker}.${process.pid}`), "");

async function run({ attemptId, attemptNr, jobPayload }: JobOrder): Promise<void> {
  const ids = { job_id: attemptId, attempt_nr: attemptNr };
  const fate = random.uniform();
  if (fate < 0.01) return;
  if (await client.update({ ...ids, job_status: "running" })) return;
  const failed = { ...ids, job_status: "failed", pilot_error_code: 1305 };
  if ((jobPayload as { fails?: boolean } | undefined)?.fails === true)
    return void (await client.update(failed));
  const lfn = `out.${attemptId}`;
  writeFileSync(join(outputs, lfn), `${attemptId}`, { flag: "wx" });
  const job_output_report = JSON.stringify({ [lfn]: { fsize: 1 } });
  const finished = { ...ids, job_status: "finished", job_output_report };
  if (fate < 0.02) void sleep(1200).then(() => client.update(finished));
  else if (fate < 0.06) await client.update(failed);
  else await client.update(finished);
}

await client.updateWorker(worker, harvester!, "started");
for (let request = 1, since = performance.now(); ; request++) {
  const offer = { site_name: queue!, node: name, n_jobs: 4, wait_sec: 0.2, request_id: `${name}-${request}` };
  const orders = await client.acquire(offer, never);
  await Promise.all(orders.map(run));
  if (orders.length > 0) since = performance.now();
  else if (performance.now() - since > Number(values["idle-sec"]) * 1000) break;
}
await client.updateWorker(worker, harvester!, "finished");
