import { z } from "zod";
import { WORKER_TRANSITIONS, type WorkerStatus } from "../../core/worker-state.ts";
import { type Call, defineCall, ok, toJson } from "../call.ts";
import { integer } from "../schemas.ts";

const status = z.enum(Object.keys(WORKER_TRANSITIONS) as [WorkerStatus, ...WorkerStatus[]]);

const call = { legacy: undefined, method: "POST", needs: "operator" } as const;

/** What a harvester that is a process of its own calls; see `harvester/worker-ledger.ts`. */
export const HARVESTER_CALLS: readonly Call[] = [
  defineCall({
    ...call,
    v1: "workload/open_workers",
    summary: "A harvester's workers that have not ended.",
    parameters: z.object({ harvester: z.string().min(1) }),
    run: async ({ manager }, { harvester }) => ok(toJson(await manager.workers(harvester))),
  }),
  defineCall({
    ...call,
    v1: "workload/add_workers",
    summary: "Writes down new workers of a harvester, before its batch system is asked for them.",
    parameters: z.object({
      harvester: z.string().min(1),
      queue: z.string().min(1),
      count: z.coerce.number().int().min(1).max(10_000),
    }),
    run: async ({ manager }, { harvester, queue, count }) =>
      ok(toJson(await manager.addWorkers(harvester, queue, count))),
  }),
  defineCall({
    ...call,
    v1: "workload/see_worker",
    summary: "Tells what became of a worker.",
    parameters: z.object({
      worker_id: integer,
      status,
      text: z.string().default(""),
      batch_id: z.string().default(""),
    }),
    async run({ manager }, { worker_id: id, status: seen, text, batch_id: batchId }) {
      await manager.seeWorker(id, seen, text, batchId);
      return ok(null);
    },
  }),
];
