import { join } from "node:path";
import { AlmagestError, type Json } from "@almagest/base";
import { z } from "zod";
import type { Worker, WorkerStatus } from "../core/worker-state.ts";
import type { Queue } from "../scheduling/resources.ts";
import type { HarvesterPlugin, PilotSetup, WorkerSight } from "./harvester-plugin.ts";
import { pilotWords, shellQuote, shipPilot, TOKEN_FILE_VARIABLE } from "./pilot-command.ts";
import { readPluginOptions } from "./plugin-options.ts";
import { readLogEnd } from "./read-log-end.ts";
import { runProgram } from "./run-program.ts";

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

const arrayName = (worker: Worker): string => `almagest-${worker.harvester}-${worker.id}`;

/** Pilots as arrays of Slurm jobs, by sbatch, squeue, sacct and scancel. The folder must be seen by the workers. */
export function createSlurm(given: Readonly<Record<string, Json>> = {}): HarvesterPlugin {
  const options = readPluginOptions("slurm", optionsSchema, given);
  const { environment } = options;
  const run = (program: string, ...words: string[]): Promise<string> =>
    runProgram(program, words, { environment });

  const submitArray = async (
    workers: readonly Worker[],
    queue: Queue,
    setup: PilotSetup,
  ): Promise<readonly (readonly [number, string])[]> => {
    const first = workers[0]!;
    const files = await shipPilot(setup);
    const memoryMb = options.memoryMb ?? Math.ceil((queue.memoryMb * setup.slots) / queue.cores);
    const words = [
      ...["--parsable", `--job-name=${arrayName(first)}`, `--array=0-${workers.length - 1}`],
      `--cpus-per-task=${options.cpus ?? setup.slots}`,
      `--mem=${memoryMb}M`,
      `--time=${Math.ceil((options.wallSec ?? queue.wallSec) / 60)}`,
      `--chdir=${setup.folder}`,
      `--output=${join(setup.folder, "slurm-%A_%a.log")}`,
      // The pilot is told before its time is up, so that it can give its jobs back. One that is requeued would be a
      // second pilot under one id.
      ...["--signal=TERM@60", "--no-requeue", "--open-mode=append"],
      ...(options.partition === undefined ? [] : [`--partition=${options.partition}`]),
      ...(options.account === undefined ? [] : [`--account=${options.account}`]),
      ...options.sbatch,
    ];
    const script = slurmScript(options, first, queue, setup, files);
    const answer = await runProgram("sbatch", words, { environment, input: script });
    const id = /^(\d+)(;|$)/m.exec(answer.trim())?.[1];
    if (id === undefined) {
      throw new AlmagestError(
        "WORKLOAD.BATCH_SYSTEM",
        `sbatch answered "${answer.trim()}", which holds no job id.`,
      );
    }
    return workers.map((worker, index) => [worker.id, `${id}_${index}`] as const);
  };

  /** What Slurm's controller still knows of our jobs: name, state and reason by array job and index. */
  const look = async (): Promise<
    readonly { batchId: string; name: string; state: string; reason: string }[]
  > => {
    const text = await run(
      "squeue",
      "--noheader",
      "--me",
      "--array",
      "--states=all",
      "--format=%F_%K|%j|%T|%r",
    );
    return text.split("\n").flatMap((line) => {
      const [batchId = "", name = "", state = "", reason = ""] = line.split("|");
      return name.startsWith("almagest-") ? [{ batchId, name, state, reason }] : [];
    });
  };

  return {
    async submit(workers, queue, setup) {
      return new Map(
        runsOf(workers).length === 0
          ? []
          : (await Promise.all(runsOf(workers).map((part) => submitArray(part, queue, setup)))).flat(),
      );
    },
    async find(workers) {
      const firsts = new Map(workers.map((worker) => [worker.id, worker]));
      const found = new Map<number, string>();
      for (const { batchId, name } of await look()) {
        const [, harvester, first] = /^almagest-(.+)-(\d+)$/.exec(name) ?? [];
        const id = Number(first) + Number(batchId.split("_")[1]);
        if (firsts.get(id)?.harvester === harvester) found.set(id, batchId);
      }
      return found;
    },
    async poll(workers) {
      if (workers.length === 0) return new Map();
      const seen = new Map((await look()).map((job) => [job.batchId, job]));
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
      for (const [id, sight] of await askAccounting(gone, run)) sights.set(id, sight);
      return sights;
    },
    async cancel(workers) {
      const ids = workers.flatMap(({ batchId }) => (batchId === "" ? [] : [batchId]));
      for (let start = 0; start < ids.length; start += 500)
        await run("scancel", ...ids.slice(start, start + 500));
    },
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

/** What accounting says of workers that the controller has forgotten; nothing where there is no accounting. */
async function askAccounting(
  workers: readonly Worker[],
  run: (program: string, ...words: string[]) => Promise<string>,
): Promise<ReadonlyMap<number, WorkerSight>> {
  const sights = new Map<number, WorkerSight>();
  if (workers.length === 0) return sights;
  const ids = new Map(workers.map((worker) => [worker.batchId, worker.id]));
  const jobs = [...new Set(workers.map(({ batchId }) => batchId.split("_")[0]!))].join(",");
  let text: string;
  try {
    text = await run("sacct", "-n", "-P", "-X", "-j", jobs, "-o", "JobID,State,ExitCode");
  } catch (error) {
    const why = (error as AlmagestError).message;
    // Without slurmdbd nobody knows more than the controller.
    if (/accounting storage is disabled|Slurm accounting/i.test(why)) return sights;
    throw error;
  }
  for (const line of text.split("\n")) {
    const [batchId = "", state = "", exit = ""] = line.split("|");
    const id = ids.get(batchId);
    if (id === undefined) continue;
    const sight = readSlurmState(state);
    sights.set(id, sight.status === "failed" ? { ...sight, text: `${sight.text}, exit ${exit}` } : sight);
  }
  return sights;
}
