import { join } from "node:path";
import { AlmagestError, type Json } from "@almagest/base";
import { z } from "zod";
import type { Worker, WorkerStatus } from "../core/worker-state.ts";
import type { Queue } from "../scheduling/resources.ts";
import type { HarvesterPlugin, PilotSetup, WorkerSight } from "./harvester-plugin.ts";
import { pilotWords, shellQuote, shipPilot, TOKEN_FILE_VARIABLE } from "./pilot-command.ts";
import { readPluginOptions } from "./plugin-options.ts";
import { readLogEnd } from "./read-log-end.ts";
import { slurmByCommands } from "./slurm-commands.ts";
import { slurmByRest, slurmRestSchema } from "./slurm-rest.ts";
import { ARRAY_PREFIX, type SlurmTalk } from "./slurm-talk.ts";

const optionsSchema = z
  .object({
    partition: z.string().optional(),
    account: z.string().optional(),
    cpus: z.number().int().positive().optional().describe("Per pilot; as many as it has slots unless told."),
    memoryMb: z
      .number()
      .positive()
      .optional()
      .describe("Per pilot; its slots' part of the queue's unless told."),
    wallSec: z.number().positive().optional().describe("Of a pilot; the queue's limit unless told."),
    node: z.string().optional().describe("Node 20 or newer on the workers; this program's unless told."),
    setup: z.array(z.string()).default([]).describe("Shell lines before the pilot, such as `module load`."),
    sbatch: z.array(z.string()).default([]).describe("Further words for sbatch."),
    rest: slurmRestSchema.optional().describe("A slurmrestd that is spoken to instead of Slurm's commands."),
    environment: z
      .record(z.string(), z.string())
      .default({})
      .describe("For Slurm's commands, such as SLURM_CONF."),
  })
  .strict();

type SlurmOptions = z.infer<typeof optionsSchema>;

/** Slurm's states and ours; any other is a failure of its name. */
const STATES: ReadonlyMap<string, WorkerStatus> = new Map([
  ["PENDING", "submitted"],
  ["CONFIGURING", "submitted"],
  ["REQUEUED", "submitted"],
  ["REQUEUE_HOLD", "submitted"],
  ["REQUEUE_FED", "submitted"],
  ["RESV_DEL_HOLD", "submitted"],
  ["SPECIAL_EXIT", "submitted"],
  ["RUNNING", "running"],
  ["COMPLETING", "running"],
  ["RESIZING", "running"],
  ["SUSPENDED", "running"],
  ["STOPPED", "running"],
  ["SIGNALING", "running"],
  ["STAGE_OUT", "running"],
  ["COMPLETED", "finished"],
  ["CANCELLED", "cancelled"],
]);

/** A worker as Slurm's words tell it: `CANCELLED by 0`, `RUNNING`, `NODE_FAIL` … */
export function readSlurmState(text: string): WorkerSight {
  const [word = ""] = text.split(/[ +]/);
  const status = STATES.get(word) ?? "failed";
  return { status, text: status === "failed" ? `Slurm says ${word}` : text };
}

/** The script of an array of pilots; array index n is worker `first` + n. */
export function slurmScript(
  { node, setup: lines }: Pick<SlurmOptions, "node" | "setup">,
  first: Worker,
  queue: Pick<Queue, "name">,
  setup: PilotSetup,
  files: { readonly pilot: string; readonly token: string },
): string {
  const words = pilotWords(setup, queue.name, first.harvester, "WORKER").map((word) =>
    word === "WORKER" ? '"$WORKER"' : shellQuote(word),
  );
  return [
    "#!/bin/sh",
    ...lines,
    `WORKER=$((${first.id} + SLURM_ARRAY_TASK_ID))`,
    `export ${TOKEN_FILE_VARIABLE}=${shellQuote(files.token)}`,
    // The shell gives its place to the pilot, which then gets Slurm's signals itself.
    `exec ${shellQuote(node ?? process.execPath)} ${shellQuote(files.pilot)} ${words.join(" ")}`,
    "",
  ].join("\n");
}

const arrayName = (worker: Worker): string => `${ARRAY_PREFIX}${worker.harvester}-${worker.id}`;

/** Pilots as arrays of Slurm jobs, by Slurm's commands or its REST interface. The folder must be seen by the workers. */
export function createSlurm(given: Readonly<Record<string, Json>> = {}): HarvesterPlugin {
  const options = readPluginOptions("slurm", optionsSchema, given);
  if (options.rest !== undefined && options.sbatch.length > 0) {
    const message = "options of plugin slurm: words for sbatch have no use with rest; use rest.job";
    throw new AlmagestError("WORKLOAD.CONFIG_INVALID", message, { fields: { plugin: "slurm" } });
  }
  const slurm =
    options.rest === undefined
      ? slurmByCommands(options.environment, options.sbatch)
      : slurmByRest(options.rest);

  const submitArray = async (
    workers: readonly Worker[],
    queue: Queue,
    setup: PilotSetup,
  ): Promise<readonly (readonly [number, string])[]> => {
    const first = workers[0]!;
    const files = await shipPilot(setup);
    const id = await slurm.submit({
      name: arrayName(first),
      count: workers.length,
      cpus: options.cpus ?? setup.slots,
      memoryMb: options.memoryMb ?? Math.ceil((queue.memoryMb * setup.slots) / queue.cores),
      minutes: Math.ceil((options.wallSec ?? queue.wallSec) / 60),
      folder: setup.folder,
      output: join(setup.folder, "slurm-%A_%a.log"),
      partition: options.partition,
      account: options.account,
      script: slurmScript(options, first, queue, setup, files),
    });
    return workers.map((worker, index) => [worker.id, `${id}_${index}`] as const);
  };

  return {
    async submit(workers, queue, setup) {
      const arrays = runsOf(workers).map((part) => submitArray(part, queue, setup));
      return new Map((await Promise.all(arrays)).flat());
    },
    async find(workers) {
      const firsts = new Map(workers.map((worker) => [worker.id, worker]));
      const found = new Map<number, string>();
      for (const { batchId, name } of await slurm.queue()) {
        const [, harvester, first] = /^almagest-(.+)-(\d+)$/.exec(name) ?? [];
        const id = Number(first) + Number(batchId.split("_")[1]);
        if (firsts.get(id)?.harvester === harvester) found.set(id, batchId);
      }
      return found;
    },
    async poll(workers) {
      if (workers.length === 0) return new Map();
      const seen = new Map((await slurm.queue()).map((job) => [job.batchId, job]));
      const sights = new Map<number, WorkerSight>();
      const gone: Worker[] = [];
      for (const worker of workers) {
        const job = seen.get(worker.batchId);
        if (job === undefined) gone.push(worker);
        else {
          const sight = readSlurmState(job.state);
          sights.set(
            worker.id,
            sight.status === "submitted" ? { ...sight, text: `${job.state}: ${job.reason}` } : sight,
          );
        }
      }
      for (const [id, sight] of await askAccounting(gone, slurm)) sights.set(id, sight);
      return sights;
    },
    cancel: (workers) => slurm.cancel(workers.flatMap(({ batchId }) => (batchId === "" ? [] : [batchId]))),
    log: ({ batchId }, folder) => readLogEnd(join(folder, `slurm-${batchId}.log`)),
    // What is in the queue goes on without this process.
    async [Symbol.asyncDispose]() {},
  };
}

/** Workers in runs of consecutive ids: an array's indices are counted from its first. */
function runsOf(workers: readonly Worker[]): Worker[][] {
  const runs: Worker[][] = [];
  for (const worker of workers) {
    const last = runs.at(-1);
    if (last !== undefined && last.at(-1)!.id + 1 === worker.id) last.push(worker);
    else runs.push([worker]);
  }
  return runs;
}

/** What accounting says of workers that the controller has forgotten. */
async function askAccounting(
  workers: readonly Worker[],
  slurm: SlurmTalk,
): Promise<ReadonlyMap<number, WorkerSight>> {
  const sights = new Map<number, WorkerSight>();
  if (workers.length === 0) return sights;
  const ids = new Map(workers.map((worker) => [worker.batchId, worker.id]));
  const jobs = [...new Set(workers.map(({ batchId }) => batchId.split("_")[0]!))];
  for (const { batchId, state, reason } of await slurm.accounting(jobs)) {
    const id = ids.get(batchId);
    if (id === undefined) continue;
    const sight = readSlurmState(state);
    sights.set(id, sight.status === "failed" ? { ...sight, text: `${sight.text}, ${reason}` } : sight);
  }
  return sights;
}
