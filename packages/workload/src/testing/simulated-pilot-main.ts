/**
 * A pilot for the kill campaign: `node simulated-pilot-main.ts URL NAME`. Most jobs end well, some fail, some are dropped,
 * and some are reported long after they were given up.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "@almagest/base";
import type { JobOrder } from "../manager/acquire-jobs.ts";
import { PilotClient } from "../pilot/pilot-client.ts";

const [url, name] = process.argv.slice(2) as [string, string];
const random = createRandom(name);
const client = new PilotClient({ url });
const never = new AbortController().signal;

async function run({ attemptId, attemptNr }: JobOrder): Promise<void> {
  const ids = { job_id: attemptId, attempt_nr: attemptNr };
  const fate = random.uniform();
  if (fate < 0.01) return;
  if (await client.update({ ...ids, job_status: "running" })) return;
  const job_output_report = JSON.stringify({ [`out.${attemptId}`]: { fsize: 1 } });
  const finished = { ...ids, job_status: "finished", job_output_report };
  if (fate < 0.02) void sleep(1200).then(() => client.update(finished));
  else if (fate < 0.06) await client.update({ ...ids, job_status: "failed", pilot_error_code: 1305 });
  else await client.update(finished);
}

for (let request = 1; ; request++) {
  const offer = { site_name: "Q", node: name, n_jobs: 4, wait_sec: 0.2, request_id: `${name}-${request}` };
  await Promise.all((await client.acquire(offer, never)).map(run));
}
