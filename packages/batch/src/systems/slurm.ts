import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AlmagestError } from "@almagest/base";
import { memoryOfAttempt } from "../config/job-resources.ts";
import { isComplete, readJobResult } from "../job/job-result.ts";
import { type Submission, writeWhole } from "../submit/submission.ts";
import type { WorkflowJob } from "../workflow/generic-workflow.ts";
import { type JobStatus, stateOfResult } from "./job-state.ts";
import { runProgram } from "./run-program.ts";
import { type Dependency, groupIntoArrays, type JobArray } from "./slurm-arrays.ts";
import { findMarkedJobs, querySlurm, type SlurmFact } from "./slurm-query.ts";
import { readSlurmRecord, type SlurmEntry, type SlurmRecord, writeSlurmRecord } from "./slurm-record.ts";
import { submitOnce } from "./slurm-submit.ts";
import type { SystemTools, WorkloadSystem } from "./workload-system.ts";

/** Minutes asked for after a time-out where the submit file gave none. */
const WALLTIME_MIN = 60;

/** Slurm by its own commands. Jobs of a label that wait for the same, or each for its own element of one array, are
 * submitted as one array; the others singly; order is kept by Slurm's dependencies, so nothing of ours need stay alive.
 * `advance` resubmits what ran out of memory or time, or lost its node. */
export const slurmSystem: WorkloadSystem = {
  prepare: async () => [],
  async submit(submission, tools) {
    const { folder, workflow } = submission;
    const before = readSlurmRecord(folder);
    const todo = workflow.jobs.filter(({ name }) => !isComplete(readJobResult(folder, name)));
    const entries: Record<string, SlurmEntry> = { ...before?.jobs };
    for (const { name } of todo) {
      rmSync(join(folder, "results", `${name}.json`), { force: true });
      delete entries[name];
    }
    const record: SlurmRecord = { jobs: entries };
    for (const array of groupIntoArrays(todo)) {
      const ids = await submitArray(submission, tools, array, entries);
      for (const [i, job] of array.jobs.entries()) {
        const { walltimeMin } = job.resources;
        entries[job.name] = {
          id: ids[i]!,
          retries: 0,
          memoryMb: job.resources.memoryMb,
          ...(walltimeMin === undefined ? {} : { walltimeMin }),
        };
      }
      writeSlurmRecord(folder, record);
    }
    return folder;
  },
  async status(submission) {
    const record = readSlurmRecord(submission.folder);
    const facts = await querySlurm(record);
    return submission.workflow.jobs.map((job) => jobStatus(submission, job, record?.jobs[job.name], facts));
  },
  advance: async (submission, tools) => advanceSlurm(submission, tools),
  async cancel({ folder }) {
    const record = readSlurmRecord(folder);
    const facts = await querySlurm(record);
    const live = Object.values(record?.jobs ?? {}).filter(({ id }) => facts.get(id)?.live);
    const known = new Set(live.map(({ id }) => id.split("_")[0]!));
    // Where the submitter died between handing jobs over and writing them down, only their comment tells.
    const lost = (await findMarkedJobs(markOf(folder))).filter(({ id }) => !known.has(id));
    const ids = [...live.map(({ id }) => id), ...new Set(lost.map(({ id }) => id))];
    // In slices, as a command line has an end.
    for (let at = 0; at < ids.length; at += 500) await runProgram("scancel", ids.slice(at, at + 500));
    if (ids.length > 0) await untilEnded(folder, record);
    return live.length + lost.length;
  },
  ping: async () => (await runProgram("scontrol", ["ping"])).trim(),
};

/** A cancelled job may go on for some seconds; one that is restarted must not meet its former self. */
async function untilEnded(folder: string, record: SlurmRecord | undefined): Promise<void> {
  for (let tries = 0; tries < 120; tries++) {
    const facts = await querySlurm(record);
    const isLive = [...facts.values()].some(({ live }) => live);
    if (!isLive && (await findMarkedJobs(markOf(folder))).length === 0) return;
    await sleep(500);
  }
  throw new AlmagestError(
    "BATCH.COMMAND_FAILED",
    "Slurm did not stop all jobs within a minute; look at squeue.",
  );
}

function jobStatus(
  { folder }: Submission,
  job: WorkflowJob,
  entry: SlurmEntry | undefined,
  facts: ReadonlyMap<string, SlurmFact>,
): JobStatus {
  const result = readJobResult(folder, job.name);
  const base = { name: job.name, retries: entry?.retries ?? 0, ...(entry ? { id: entry.id } : {}) };
  const fact = entry && facts.get(entry.id);
  if (fact?.live) return { ...base, state: fact.state, ...(fact.reason ? { reason: fact.reason } : {}) };
  if (result) return { ...base, state: stateOfResult(result) };
  if (!entry) return { ...base, state: job.parents.length > 0 ? "UNREADY" : "READY" };
  if (!fact) return { ...base, state: "UNKNOWN", reason: "Slurm does not know it (yet)" };
  // Slurm calls it done, but it left nothing.
  const state = fact.state === "SUCCEEDED" ? "FAILED" : fact.state;
  return { ...base, state, reason: fact.reason || "left no result" };
}

async function submitArray(
  submission: Submission,
  tools: SystemTools,
  array: JobArray,
  entries: Readonly<Record<string, SlurmEntry>>,
): Promise<string[]> {
  const { folder } = submission;
  const list = join(folder, "slurm", `${array.name}.list`);
  writeWhole(list, array.jobs.map(({ name }) => `${name}\n`).join(""));
  const script = join(folder, "slurm", `${array.name}.sh`);
  writeWhole(script, scriptText(tools.command, folder, list, array.jobs[0]!));
  const { memoryMb, walltimeMin } = array.jobs[0]!.resources;
  const many = array.jobs.length > 1;
  const options = [
    ...slurmOptions(submission, array.jobs[0]!, {
      memoryMb,
      ...(walltimeMin === undefined ? {} : { walltimeMin }),
    }),
    ...dependencyOptions(array.dependency, entries),
    ...(many ? [`--array=0-${array.jobs.length - 1}`] : []),
    `--output=${logFolder(folder, array.jobs[0]!)}/${many ? "%A_%a" : "%j"}.log`,
  ];
  const id = await submitOnce([...options, script], `${markOf(folder)}${array.name}`);
  return many ? array.jobs.map((_job, i) => `${id}_${i}`) : [id];
}

function logFolder(folder: string, job: WorkflowJob): string {
  const path = join(folder, "logs", job.label);
  mkdirSync(path, { recursive: true });
  return path;
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function scriptText(
  command: readonly string[],
  folder: string,
  list: string,
  { resources }: WorkflowJob,
): string {
  return [
    "#!/bin/bash",
    ...Object.entries(resources.environment).map(([name, value]) => `export ${name}=${quote(value)}`),
    `job=$(sed -n "$(( \${SLURM_ARRAY_TASK_ID:-0} + 1 ))p" ${quote(list)})`,
    `exec ${command.map(quote).join(" ")} ${quote(folder)} "$job"`,
    "",
  ].join("\n");
}

/** What the comments of all jobs of a submit folder start with. */
const markOf = (folder: string): string => `almagest ${folder} `;

function slurmOptions(
  { facts }: Submission,
  job: WorkflowJob,
  { memoryMb, walltimeMin }: { readonly memoryMb: number; readonly walltimeMin?: number },
): string[] {
  const { resources } = job;
  const options: [string, unknown][] = [
    ["job-name", job.label],
    ["mem", `${memoryMb}M`],
    ["cpus-per-task", resources.cpus],
    ["time", walltimeMin === undefined ? undefined : Math.ceil(walltimeMin)],
    ["tmp", resources.diskMb === undefined ? undefined : `${resources.diskMb}M`],
    ["partition", resources.queue ?? facts.site.partition],
    ["account", resources.accountingGroup ?? facts.site.account],
    ["qos", facts.site.qos],
    ["constraint", facts.site.constraint],
    ["priority", resources.priority],
    ["export", "ALL"],
    ...Object.entries(resources.profile),
  ];
  return [
    "--parsable",
    "--kill-on-invalid-dep=no",
    resources.preemptible ? "--requeue" : "--no-requeue",
    ...options.flatMap(([name, value]) =>
      value === undefined || value === "" ? [] : [`--${name}=${value}`],
    ),
  ];
}

function dependencyOptions(dependency: Dependency, entries: Readonly<Record<string, SlurmEntry>>): string[] {
  if (dependency.kind === "none") return [];
  const ids = dependency.parents.map((parent) => entries[parent]!.id);
  if (dependency.kind === "each") return [`--dependency=aftercorr:${ids[0]!.split("_")[0]}`];
  return [`--dependency=afterok:${foldArrays(ids, dependency.wholeArrays).join(":")}`];
}

/** Elements of an array that is waited for as a whole are named by the array. */
function foldArrays(ids: readonly string[], whole: boolean): string[] {
  return whole ? [...new Set(ids.map((id) => id.split("_")[0]!))] : [...ids];
}

async function advanceSlurm(submission: Submission, tools: SystemTools): Promise<boolean> {
  const { folder, workflow } = submission;
  const record = readSlurmRecord(folder);
  if (!record) return false;
  const facts = await querySlurm(record);
  const changed = new Set<string>();
  let open = false;
  for (const job of workflow.jobs) {
    const entry = record.jobs[job.name];
    if (!entry || entry.givenUp || readJobResult(folder, job.name)) continue;
    const fact = facts.get(entry.id);
    if (!fact || fact.live) {
      open = true;
      continue;
    }
    if (fact.state === "DELETED") continue;
    changed.add(job.name);
    const hopeless = fact.cause === "exit" && job.resources.retryUnlessExit.includes(fact.exitCode);
    if (entry.retries >= job.resources.retries || hopeless) {
      record.jobs[job.name] = { ...entry, givenUp: true };
      continue;
    }
    record.jobs[job.name] = await resubmit(submission, tools, job, entry, fact);
    open = true;
  }
  if (changed.size === 0) return open;
  writeSlurmRecord(folder, record);
  for (const job of workflow.jobs) {
    const entry = record.jobs[job.name];
    if (!entry || !facts.get(entry.id)?.live || !job.parents.some((parent) => changed.has(parent))) continue;
    const waitFor = job.parents.flatMap((parent) => {
      const before = record.jobs[parent];
      return before && !before.givenUp && !readJobResult(folder, parent) ? [before.id] : [];
    });
    const dependency = waitFor.length === 0 ? "" : `afterok:${waitFor.join(":")}`;
    await runProgram("scontrol", ["update", `JobId=${entry.id}`, `Dependency=${dependency}`]);
  }
  return open;
}

async function resubmit(
  submission: Submission,
  tools: SystemTools,
  job: WorkflowJob,
  entry: SlurmEntry,
  fact: SlurmFact,
): Promise<SlurmEntry> {
  const memoryFailures = (entry.memoryFailures ?? 0) + (fact.cause === "memory" ? 1 : 0);
  const memoryMb = memoryOfAttempt(job.resources, memoryFailures);
  const walltimeMin = fact.cause === "time" ? 2 * (entry.walltimeMin ?? WALLTIME_MIN) : entry.walltimeMin;
  const next = {
    retries: entry.retries + 1,
    memoryFailures,
    memoryMb,
    ...(walltimeMin === undefined ? {} : { walltimeMin }),
  };
  const script = join(submission.folder, "slurm", `${job.name}.retry.sh`);
  const list = join(submission.folder, "slurm", `${job.name}.retry.list`);
  writeWhole(list, `${job.name}\n`);
  writeWhole(script, scriptText(tools.command, submission.folder, list, job));
  const options = [
    ...slurmOptions(submission, job, next),
    `--output=${logFolder(submission.folder, job)}/%j.log`,
    script,
  ];
  const id = await submitOnce(options, `${markOf(submission.folder)}${job.name} try ${next.retries}`);
  return { ...next, id };
}
