import { setTimeout as sleep } from "node:timers/promises";
import { AlmagestError, type Logger, silentLogger } from "@almagest/base";
import type { Worker } from "../core/worker-state.ts";
import type { HarvesterPlugin, PilotSetup } from "./harvester-plugin.ts";
import { planWorkers } from "./plan-workers.ts";
import type { WorkerLedger } from "./worker-ledger.ts";

/** What a harvester does for one queue. */
export interface HarvestSettings extends PilotSetup {
  /** Name of this harvester; its workers are found again by it after a restart. */
  readonly harvester: string;
  readonly queue: string;
  readonly maxWorkers: number;
  /** New workers per round; 100 unless told. */
  readonly maxNew?: number;
}

/** One round: looks what became of the workers, then submits what the queue needs. Gives the number submitted. A worker
 * written down before a crash and never submitted is found in `pending` and given up as missed. */
export async function harvestOnce(
  ledger: WorkerLedger,
  plugin: HarvesterPlugin,
  settings: HarvestSettings,
): Promise<number> {
  const { harvester, slots, maxWorkers, maxNew = 100 } = settings;
  const queue = (await ledger.queues()).find(({ name }) => name === settings.queue);
  if (queue === undefined) {
    throw new AlmagestError("WORKLOAD.QUEUE_UNKNOWN", `There is no queue ${settings.queue}.`);
  }
  const own = (await ledger.workers(harvester)).filter(({ queueId }) => queueId === queue.id);
  await lookAt(ledger, plugin, own);
  const open = (await ledger.workers(harvester)).filter(({ queueId }) => queueId === queue.id);
  const { activated, running, status } = queue;
  if (status === "offline") {
    await plugin.cancel(open);
    return 0;
  }
  const count = planWorkers({ activated, running, workers: open.length, slots, maxWorkers, maxNew });
  if (count === 0) return 0;
  const workers = await ledger.addWorkers(harvester, queue.name, count);
  const batchIds = await plugin.submit(workers, queue, settings).catch(async (error: unknown) => {
    // Whether some were taken is not known: a plugin that can find them will, in the next round.
    if (plugin.find === undefined)
      await Promise.all(workers.map(({ id }) => ledger.seeWorker(id, "missed", "not submitted")));
    throw error;
  });
  await Promise.all(
    workers.map(({ id }) => {
      const batchId = batchIds.get(id);
      return batchId === undefined
        ? ledger.seeWorker(id, "failed", "refused by the batch system")
        : ledger.seeWorker(id, "submitted", "", batchId);
    }),
  );
  return batchIds.size;
}

/** Books what became of the workers. One without a batch id is looked for, and missed when it was never submitted. */
async function lookAt(ledger: WorkerLedger, plugin: HarvesterPlugin, own: readonly Worker[]): Promise<void> {
  const unknown = own.filter(({ batchId }) => batchId === "");
  const found = unknown.length === 0 ? undefined : await plugin.find?.(unknown);
  await Promise.all(
    unknown.map(({ id }) => {
      const batchId = found?.get(id);
      return batchId === undefined
        ? ledger.seeWorker(id, "missed", "never submitted")
        : ledger.seeWorker(id, "submitted", "", batchId);
    }),
  );
  const known = own.filter(({ batchId }) => batchId !== "");
  const sights = await plugin.poll(known);
  await Promise.all(
    known.map(({ id, status, text }) => {
      const sight =
        sights.get(id) ?? ({ status: "failed", text: "not known to the batch system any more" } as const);
      return sight.status === status && sight.text === text
        ? undefined
        : ledger.seeWorker(id, sight.status, sight.text);
    }),
  );
}

/** Rounds every `periodMs` until `stop` is aborted; `settings` may be asked for anew in each (a token that expires). A round that fails for a passing reason is logged and tried again. */
export async function runHarvester(
  ledger: WorkerLedger,
  plugin: HarvesterPlugin,
  settings: HarvestSettings | (() => Promise<HarvestSettings>),
  periodMs: number,
  stop: AbortSignal,
  log: Logger = silentLogger,
): Promise<void> {
  while (!stop.aborted) {
    try {
      await harvestOnce(ledger, plugin, typeof settings === "function" ? await settings() : settings);
    } catch (error) {
      if (!(error instanceof AlmagestError) || !error.retryable) throw error;
      log.warn("a harvester round failed", { error });
    }
    await sleep(periodMs, undefined, { signal: stop }).catch(() => {});
  }
}
