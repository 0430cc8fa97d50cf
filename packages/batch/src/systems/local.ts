import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isComplete, readJobResult } from "../job/job-result.ts";
import { type Submission, writeWhole } from "../submit/submission.ts";
import type { WorkflowJob } from "../workflow/generic-workflow.ts";
import { type JobState, type JobStatus, stateOfResult } from "./job-state.ts";
import type { SystemTools, WorkloadSystem } from "./workload-system.ts";

/** A process, by number and start, so that a recycled number is not taken for it. */
interface ProcessName {
  readonly pid: number;
  readonly startTime: string;
}

/** What the driving process leaves for `status` and `cancel` in other processes. */
interface PoolRecord extends ProcessName {
  /** Processes by job. */
  readonly running: Readonly<Record<string, ProcessName>>;
  readonly retries: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, string>>;
}

/** Runs jobs as processes of this machine, as many at once as the site's `nodes` says (default: all cores). Returns when
 * all have ended. */
export const localSystem: WorkloadSystem = {
  prepare: async () => [],
  async submit(submission, tools) {
    await new LocalPool(submission, tools).run();
    return `local.${process.pid}`;
  },
  status: async (submission) => localStatus(submission),
  async cancel(submission) {
    const record = readRecord(submission.folder);
    if (!record) return 0;
    const jobs = Object.values(record.running).filter(isAlive);
    if (isAlive(record)) process.kill(record.pid, "SIGTERM");
    // Jobs of a driver that was killed go on without it: a restart must not meet them.
    else for (const job of jobs) process.kill(job.pid, "SIGKILL");
    while (isAlive(record) || jobs.some(isAlive)) await sleep(50);
    return jobs.length;
  },
  ping: async () => `${availableParallelism()} cores`,
};

const recordPath = (folder: string): string => join(folder, "local.json");

function readRecord(folder: string): PoolRecord | undefined {
  const path = recordPath(folder);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as PoolRecord) : undefined;
}

/** Clock ticks after boot at which a process started; empty where the system does not tell or it is dead. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "" : (fields[19] ?? "");
  } catch {
    return "";
  }
}

function isAlive({ pid, startTime }: ProcessName): boolean {
  return startTimeOf(pid) === startTime && startTime !== "";
}

function localStatus({ folder, workflow }: Submission): JobStatus[] {
  const record = readRecord(folder);
  const alive = record !== undefined && isAlive(record);
  const running = new Set(alive ? Object.keys(record.running) : []);
  const states = new Map<string, JobState>();
  return workflow.jobs.map((job) => {
    const result = readJobResult(folder, job.name);
    const reason = record?.failed[job.name];
    let state: JobState = job.parents.every((parent) =>
      ["SUCCEEDED", "FAILED", "PRUNED"].includes(states.get(parent)!),
    )
      ? "READY"
      : "UNREADY";
    if (running.has(job.name)) state = "RUNNING";
    else if (result) state = stateOfResult(result);
    else if (reason !== undefined) state = "FAILED";
    states.set(job.name, state);
    return {
      name: job.name,
      state,
      retries: record?.retries[job.name] ?? 0,
      ...(reason === undefined ? {} : { reason }),
    };
  });
}

class LocalPool {
  readonly #submission: Submission;
  readonly #tools: SystemTools;
  readonly #waiting = new Map<string, Set<string>>();
  readonly #children = new Map<string, string[]>();
  readonly #ready: WorkflowJob[] = [];
  readonly #running = new Map<string, ChildProcess>();
  readonly #retries: Record<string, number> = {};
  readonly #failed: Record<string, string> = {};
  readonly #slots: number;
  #stopped = false;
  #finish: () => void = () => {};

  constructor(submission: Submission, tools: SystemTools) {
    this.#submission = submission;
    this.#tools = tools;
    this.#slots = Number(submission.facts.site.nodes ?? availableParallelism());
  }

  async run(): Promise<void> {
    const { folder, workflow } = this.#submission;
    const todo = workflow.jobs.filter(({ name }) => !isComplete(readJobResult(folder, name)));
    const names = new Set(todo.map(({ name }) => name));
    for (const job of todo) {
      rmSync(join(folder, "results", `${job.name}.json`), { force: true });
      const parents = new Set(job.parents.filter((parent) => names.has(parent)));
      if (parents.size === 0) this.#ready.push(job);
      else this.#waiting.set(job.name, parents);
      for (const parent of parents) {
        this.#children.set(parent, [...(this.#children.get(parent) ?? []), job.name]);
      }
    }
    if (todo.length === 0) return;
    const stop = (): void => this.#stop();
    const { signal } = this.#tools;
    signal?.addEventListener("abort", stop);
    process.once("SIGTERM", stop);
    try {
      await new Promise<void>((resolve) => {
        this.#finish = resolve;
        this.#fill();
      });
    } finally {
      signal?.removeEventListener("abort", stop);
      process.off("SIGTERM", stop);
      this.#record();
    }
  }

  #fill(): void {
    while (this.#running.size < this.#slots && this.#ready.length > 0) this.#start(this.#ready.shift()!);
    this.#record();
    this.#tools.onProgress?.(localStatus(this.#submission));
    if (this.#running.size === 0 && this.#ready.length === 0) this.#finish();
  }

  #start(job: WorkflowJob): void {
    const { folder } = this.#submission;
    const [program = "", ...args] = this.#tools.command;
    const logPath = join(folder, "logs", job.folder, `${job.name}.log`);
    mkdirSync(dirname(logPath), { recursive: true });
    const log = openSync(logPath, "a");
    const child = spawn(program, [...args, folder, job.name], {
      stdio: ["ignore", log, log],
      env: { ...process.env, ...job.resources.environment },
    });
    closeSync(log);
    this.#running.set(job.name, child);
    child.on("error", (error) => this.#ended(job, error.message, undefined));
    child.on("exit", (code, signal) =>
      this.#ended(
        job,
        code === 0 ? undefined : `ended by ${signal ?? `exit code ${code}`}`,
        code ?? undefined,
      ),
    );
  }

  #ended(job: WorkflowJob, fault: string | undefined, code: number | undefined): void {
    if (!this.#running.delete(job.name)) return;
    const { retries, retryUnlessExit } = job.resources;
    const reason = fault ?? (readJobResult(this.#submission.folder, job.name) ? undefined : "left no result");
    const tries = this.#retries[job.name] ?? 0;
    const hopeless = code !== undefined && retryUnlessExit.includes(code);
    // What a stop ended has not failed: it waits for a restart.
    if (!this.#stopped) {
      if (reason !== undefined && tries < retries && !hopeless) {
        this.#retries[job.name] = tries + 1;
        this.#ready.push(job);
      } else {
        if (reason !== undefined) this.#failed[job.name] = reason;
        this.#release(job.name);
      }
    }
    this.#fill();
  }

  /** Children of a failed job start too: their quanta that it does not concern can run. */
  #release(name: string): void {
    for (const child of this.#children.get(name) ?? []) {
      const parents = this.#waiting.get(child)!;
      parents.delete(name);
      if (parents.size > 0) continue;
      this.#waiting.delete(child);
      this.#ready.push(this.#submission.workflow.jobs.find((job) => job.name === child)!);
    }
  }

  #stop(): void {
    this.#stopped = true;
    this.#ready.length = 0;
    for (const child of this.#running.values()) child.kill("SIGTERM");
    if (this.#running.size === 0) this.#finish();
  }

  #record(): void {
    const record: PoolRecord = {
      pid: process.pid,
      startTime: startTimeOf(process.pid),
      running: Object.fromEntries(
        [...this.#running].map(([name, { pid = -1 }]) => [name, { pid, startTime: startTimeOf(pid) }]),
      ),
      retries: this.#retries,
      failed: this.#failed,
    };
    writeWhole(recordPath(this.#submission.folder), JSON.stringify(record));
  }
}
