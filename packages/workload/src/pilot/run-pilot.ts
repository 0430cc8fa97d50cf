import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { type Logger, silentLogger } from "@almagest/base";
import { LogShipper } from "./log-shipper.ts";
import { PilotClient } from "./pilot-client.ts";
import { markBelow } from "./process-tree.ts";
import { PilotSlot } from "./run-job.ts";

/** How a pilot is run. */
export interface PilotOptions {
  readonly url: string;
  readonly queue: string;
  /** For its attempts' folders. */
  readonly folder: string;
  /** Jobs at once; 1 unless told. */
  readonly slots?: number;
  readonly token?: string;
  /** Set when a harvester started it. */
  readonly worker?: { readonly id: number; readonly harvester: string };
  /** End after so long without work; 5 minutes unless told. */
  readonly idleMs?: number;
  /** 10 minutes unless told. */
  readonly heartbeatMs?: number;
  /** 5 seconds unless told (Rubin's interval of prmon). */
  readonly sampleMs?: number;
  /** Largest work folder of a job; 10 GB unless told. */
  readonly diskMb?: number;
  /** Largest log of a job; 10 MB unless told. */
  readonly logBytes?: number;
  /** Of each job so much of its output is shipped to the server; 1 MB unless told. */
  readonly shipBytes?: number;
  /** Most processes of a job at once; 5000 unless told. */
  readonly processes?: number;
  /** Most output of a job; 2 GB unless told, as PanDA's pilot has it. */
  readonly outputBytes?: number;
  /** A job that neither reads nor writes for so long is taken to hang; 2 hours unless told, as with PanDA's pilot. */
  readonly quietSec?: number;
  readonly graceMs?: number;
  /** Give up when the server cannot be reached for so long. */
  readonly lostMs?: number;
  readonly log?: Logger;
}

/** Takes jobs and runs them until there is no work for `idleMs` or `stop` is aborted; gives the number run. Throws
 * `WORKLOAD.PILOT_LOST`. */
export async function runPilot(options: PilotOptions, stop: AbortSignal): Promise<number> {
  const { slots = 1, idleMs = 300_000, log = silentLogger, worker } = options;
  const client = new PilotClient(options);
  const shipper = new LogShipper((lines) => client.pushLogs(lines));
  const name = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  await mkdir(options.folder, { recursive: true });
  if (worker !== undefined) await client.updateWorker(worker.id, worker.harvester, "started");
  const counts = await Promise.all(
    Array.from({ length: slots }, async (_, index) => {
      const slot = new PilotSlot({
        client,
        mark: markBelow(`${name}-${index}`),
        folder: options.folder,
        times: { sampleMs: options.sampleMs ?? 5000, heartbeatMs: options.heartbeatMs ?? 600_000 },
        diskMb: options.diskMb ?? 10_000,
        limits: {
          processes: options.processes ?? 5000,
          outputBytes: options.outputBytes ?? 2_000_000_000,
          quietSec: options.quietSec ?? 7200,
        },
        shipper,
        shipBytes: options.shipBytes ?? 1_000_000,
        logBytes: options.logBytes ?? 10_000_000,
        graceMs: options.graceMs ?? 5000,
      });
      let run = 0;
      try {
        for (let request = 1; !stop.aborted; request++) {
          const offer = {
            site_name: options.queue,
            node: `${name}-${index}`,
            n_jobs: 1,
            wait_sec: idleMs / 1000,
            request_id: `${name}-${index}-${request}`,
          };
          const [order] = await client.acquire(offer, stop).catch((error: unknown) => {
            if (stop.aborted) return [];
            throw error;
          });
          if (order === undefined) break;
          log.info("job begins", { attempt: order.attemptId, job: order.jobName });
          await slot.run(order, stop);
          run++;
        }
      } finally {
        await slot.close();
      }
      return run;
    }),
  ).finally(() => shipper.close());
  if (worker !== undefined) await client.updateWorker(worker.id, worker.harvester, "finished");
  return counts.reduce((sum, count) => sum + count, 0);
}
