import { join } from "node:path";
import { AlmagestError, type Json, parseJson } from "@almagest/base";
import { z } from "zod";
import type { Worker, WorkerStatus } from "../core/worker-state.ts";
import type { Queue } from "../scheduling/resources.ts";
import type { HarvesterPlugin, PilotSetup, WorkerSight } from "./harvester-plugin.ts";
import { PILOT_FILE, pilotWords, shipPilot } from "./pilot-command.ts";
import { readPluginOptions } from "./plugin-options.ts";
import { readLogEnd } from "./read-log-end.ts";
import { runProgram } from "./run-program.ts";

const optionsSchema = z
  .object({
    universe: z.string().default("vanilla"),
    memoryMb: z.number().positive().optional(),
    node: z.string().default("node").describe("Node 20 or newer on the workers."),
    gridResource: z
      .string()
      .optional()
      .describe("For universe grid, such as `condor ce.example ce.example:9619`."),
    lines: z.array(z.string()).default([]).describe("Further lines of the submit file."),
  })
  .strict();

type CondorOptions = z.infer<typeof optionsSchema>;

/** HTCondor's JobStatus numbers. */
const STATES: readonly (WorkerStatus | undefined)[] = [
  undefined,
  "submitted", // idle
  "running",
  "cancelled", // removed
  "finished", // completed; its exit decides
  "submitted", // held
  "running", // transferring output
  "running", // suspended
];

/** A word of the new argument syntax: quotes are doubled, words with blanks are put into single quotes. */
function condorWord(word: string): string {
  const doubled = word.replaceAll('"', '""');
  return /[\s']/.test(word) ? `'${doubled.replaceAll("'", "''")}'` : doubled;
}

/** The submit file for workers of consecutive ids; process n is worker `first` + n. The pilot and its token travel. */
export function condorSubmitFile(
  options: CondorOptions,
  workers: readonly Worker[],
  queue: Queue,
  setup: PilotSetup,
  tokenFile: string,
): string {
  const words = [
    "pilot.mjs",
    ...pilotWords({ ...setup, folder: "." }, queue.name, workers[0]!.harvester, "$(worker)"),
  ];
  const memoryMb = options.memoryMb ?? Math.ceil((queue.memoryMb * setup.slots) / queue.cores);
  const log = (kind: string): string => join(setup.folder, `condor-$(Cluster)_$(Process).${kind}`);
  return [
    `universe = ${options.universe}`,
    ...(options.gridResource === undefined ? [] : [`grid_resource = ${options.gridResource}`]),
    `executable = ${options.node}`,
    "transfer_executable = false",
    `arguments = "${words.map(condorWord).join(" ")}"`,
    'environment = "ALMAGEST_PILOT_TOKEN_FILE=pilot.token"',
    "should_transfer_files = YES",
    `transfer_input_files = ${PILOT_FILE}, ${tokenFile}`,
    "when_to_transfer_output = ON_EXIT",
    'transfer_output_files = ""',
    `request_cpus = ${setup.slots}`,
    `request_memory = ${memoryMb}MB`,
    `+MaxRuntime = ${queue.wallSec}`,
    `+AlmagestHarvester = "${workers[0]!.harvester}"`,
    "+AlmagestWorker = $(worker)",
    `output = ${log("out")}`,
    `error = ${log("err")}`,
    `log = ${join(setup.folder, "condor.log")}`,
    ...options.lines,
    "queue worker from (",
    ...workers.map(({ id }) => `  ${id}`),
    ")",
    "",
  ].join("\n");
}

const adSchema = z.object({
  ClusterId: z.number(),
  ProcId: z.number(),
  JobStatus: z.number(),
  AlmagestWorker: z.number().optional(),
  ExitCode: z.number().optional(),
  HoldReason: z.string().optional(),
  RemoveReason: z.string().optional(),
});

/** Jobs of `condor_q -json` or `condor_history -json` (which print nothing at all where there are none). */
export function readCondorJobs(
  text: string,
): ReadonlyMap<string, WorkerSight & { readonly worker: number | undefined }> {
  if (text.trim() === "") return new Map();
  const jobs = z.array(adSchema).safeParse(parseJson(text));
  if (!jobs.success) {
    throw new AlmagestError(
      "WORKLOAD.BATCH_SYSTEM",
      `HTCondor's answer cannot be read: ${jobs.error.issues[0]!.message}`,
    );
  }
  return new Map(
    jobs.data.map((job) => {
      const completed = job.JobStatus === 4;
      const status = completed && job.ExitCode !== 0 ? "failed" : (STATES[job.JobStatus] ?? "failed");
      const text = job.HoldReason ?? job.RemoveReason ?? (completed ? `exit code ${job.ExitCode}` : "");
      return [`${job.ClusterId}.${job.ProcId}`, { status, text, worker: job.AlmagestWorker }];
    }),
  );
}

/** Ids by worker of what `condor_submit -terse` printed: `12.0 - 12.3`. */
export function readCondorSubmit(text: string, workers: readonly Worker[]): Map<number, string> {
  const [, cluster, first, last] = /(\d+)\.(\d+) - \d+\.(\d+)/.exec(text) ?? [];
  if (cluster === undefined || Number(last) - Number(first) + 1 !== workers.length) {
    throw new AlmagestError(
      "WORKLOAD.BATCH_SYSTEM",
      `condor_submit answered "${text.trim()}", not ${workers.length} jobs.`,
    );
  }
  return new Map(workers.map(({ id }, index) => [id, `${cluster}.${Number(first) + index}`]));
}

const ATTRIBUTES = "ClusterId,ProcId,JobStatus,AlmagestWorker,ExitCode,HoldReason,RemoveReason";

/** Pilots as jobs of HTCondor: a pool, or a computing element by universe grid. */
export function createCondor(given: Readonly<Record<string, Json>> = {}): HarvesterPlugin {
  const options = readPluginOptions("htcondor", optionsSchema, given);
  return {
    async submit(workers, queue, setup) {
      const { token } = await shipPilot(setup);
      const file = condorSubmitFile(options, workers, queue, setup, token);
      return readCondorSubmit(await runProgram("condor_submit", ["-terse", "-"], { input: file }), workers);
    },
    async find(workers) {
      const wanted = new Set(workers.map(({ id }) => id));
      const constraint = `AlmagestHarvester == "${workers[0]?.harvester}"`;
      const text = await runProgram("condor_q", [
        "-json",
        "-attributes",
        ATTRIBUTES,
        "-constraint",
        constraint,
      ]);
      const jobs = [...readCondorJobs(text)];
      return new Map(
        jobs.flatMap(([batchId, { worker }]) =>
          worker !== undefined && wanted.has(worker) ? [[worker, batchId] as const] : [],
        ),
      );
    },
    async poll(workers) {
      if (workers.length === 0) return new Map();
      const clusters = [...new Set(workers.map(({ batchId }) => batchId.split(".")[0]!))];
      const words = ["-json", "-attributes", ATTRIBUTES];
      const queued = readCondorJobs(await runProgram("condor_q", [...words, ...clusters]));
      const gone = workers.filter(({ batchId }) => !queued.has(batchId)).map(({ batchId }) => batchId);
      const past =
        gone.length === 0
          ? new Map()
          : readCondorJobs(await runProgram("condor_history", [...words, ...gone]));
      return new Map(
        workers.flatMap(({ id, batchId }) => {
          const sight = queued.get(batchId) ?? past.get(batchId);
          return sight === undefined ? [] : [[id, { status: sight.status, text: sight.text }] as const];
        }),
      );
    },
    async cancel(workers) {
      const ids = workers.flatMap(({ batchId }) => (batchId === "" ? [] : [batchId]));
      if (ids.length > 0) await runProgram("condor_rm", ids);
    },
    log: ({ batchId }, folder) => readLogEnd(join(folder, `condor-${batchId.replace(".", "_")}.err`)),
    async [Symbol.asyncDispose]() {},
  };
}
