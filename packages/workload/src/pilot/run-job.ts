import { spawn } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isAlmagestError } from "@almagest/base";
import type { Failure } from "../core/attempt-state.ts";
import { writePilotTiming } from "../traces/pilot-timing.ts";
import { CappedLog } from "./capped-log.ts";
import { drainOutput } from "./drain-output.ts";
import type { LineContext, LogShipper } from "./log-shipper.ts";
import { MemoryMonitor } from "./memory-monitor.ts";
import { type Launch, launchOf } from "./payload.ts";
import type { PilotClient, TracedOrder } from "./pilot-client.ts";
import { killMarked, PILOT_MARK } from "./process-tree.ts";
import { WarmWorker } from "./warm-worker.ts";
import { type JobLimits, type WatchTimes, watchJob } from "./watch-job.ts";
import type { ToWorker } from "./worker-protocol.ts";

/** What a slot of a pilot needs to run jobs. */
export interface SlotSettings {
  readonly client: PilotClient;
  /** Unique to this slot; marks what it starts. */
  readonly mark: string;
  /** A folder per attempt is made in it: `payload.log`, prmon's files, and `work`, which goes when the job succeeds. */
  readonly folder: string;
  readonly times: WatchTimes;
  readonly diskMb: number;
  readonly logBytes: number;
  /** Ships what jobs print. */
  readonly shipper: LogShipper;
  /** At most so much of each job. */
  readonly shipBytes: number;
  /** See `JobLimits`. */
  readonly limits: Pick<JobLimits, "processes" | "outputBytes" | "quietSec">;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
}

interface Ending {
  readonly failure: Failure | undefined;
  readonly exitCode: number | undefined;
  readonly outputs: readonly {
    readonly name: string;
    readonly sizeBytes?: number;
    readonly checksum?: string;
  }[];
}

/** Runs jobs one after another and keeps a warm worker between jobs that ask for the same one. */
export class PilotSlot {
  readonly #settings: SlotSettings;
  #worker: { readonly key: string; readonly worker: WarmWorker } | undefined;
  #started = 0;

  constructor(settings: SlotSettings) {
    this.#settings = settings;
  }

  /** Runs one job to its end and reports it; `stop` ends it early as given up. */
  async run(order: TracedOrder, stop: AbortSignal): Promise<void> {
    const takenMs = performance.now();
    const { client, folder, diskMb, times, logBytes, limits: fixed, shipper, shipBytes } = this.#settings;
    const home = join(folder, String(order.attemptId));
    const work = join(home, "work");
    await mkdir(work, { recursive: true });
    const ids = { job_id: order.attemptId, attempt_nr: order.attemptNr };
    if (await client.update({ ...ids, job_status: "running" })) return;
    const launch = launchOf(order);
    const mark = launch?.warm ? await this.#workerMark(launch) : `${this.#settings.mark}-${order.attemptId}`;
    const monitor = new MemoryMonitor(mark, home, Date.now(), this.#settings.times.sampleMs / 5);
    const log = await CappedLog.create(
      join(home, "payload.log"),
      logBytes,
      shipper.taker(contextOf(order), shipBytes),
    );
    const done = new AbortController();
    const limits: JobLimits = { memoryMb: order.memoryMb, wallSec: order.wallSec, diskMb, ...fixed };
    const use = () => {
      const { maxMemoryKb, cpuSec } = monitor.summary();
      return { max_pss: maxMemoryKb, cpu_consumption_time: Math.round(cpuSec) };
    };
    const heartbeat = () => client.update({ ...ids, job_status: "running", ...use() });
    const watching = watchJob(
      monitor,
      work,
      limits,
      times,
      () => log.totalBytes,
      heartbeat,
      AbortSignal.any([done.signal, stop]),
    );
    const launchedMs = performance.now();
    const running = this.#launch(launch, order, work, mark, log).finally(() => done.abort());
    // It may fail while the watch still looks; the error is thrown by the await below.
    running.catch(() => {});
    const seen = await watching.catch(async (error: unknown) => {
      // The server is lost: nobody would hear of the job's end.
      await this.#kill(mark);
      await running;
      await log.close();
      throw error;
    });
    const stopped = seen ?? (stop.aborted && !done.signal.aborted ? GIVEN_UP : undefined);
    if (stopped !== undefined) await this.#kill(mark);
    const ending = await running;
    await log.close();
    if (!launch?.warm) await killMarked(mark, this.#settings.graceMs);
    const failure = stopped ?? ending.failure;
    if (failure === undefined) await rm(work, { recursive: true, force: true });
    const timing = {
      setup: (launchedMs - takenMs) / 1000,
      payload: (performance.now() - launchedMs) / 1000,
      ...{ stageIn: 0, stageOut: 0 },
    };
    const pilot_timing = writePilotTiming(timing);
    await client.update({ ...ids, ...use(), pilot_timing, ...endingFields(failure, ending) });
  }

  async #kill(mark: string): Promise<void> {
    await killMarked(mark, this.#settings.graceMs);
    if (this.#worker?.worker.mark === mark) this.#worker = undefined;
  }

  /** The mark of the warm worker for `launch`, started when there is none alive. */
  async #workerMark(launch: Launch): Promise<string> {
    const key = JSON.stringify(launch);
    if (this.#worker?.key === key && this.#worker.worker.alive) return this.#worker.worker.mark;
    await this.close();
    const mark = `${this.#settings.mark}-worker${++this.#started}`;
    this.#worker = { key, worker: new WarmWorker(launch, mark, this.#settings.folder) };
    return mark;
  }

  async #launch(
    launch: Launch | undefined,
    order: TracedOrder,
    work: string,
    mark: string,
    log: CappedLog,
  ): Promise<Ending> {
    if (launch === undefined) {
      const text = "the payload has neither a command nor a worker";
      return { failure: { source: "executor", code: 1, text }, exitCode: undefined, outputs: [] };
    }
    const job: ToWorker = {
      type: "job",
      attemptId: order.attemptId,
      attemptNr: order.attemptNr,
      jobName: order.jobName,
      label: order.label,
      workDir: work,
      ...(order.taskPayload === undefined ? {} : { taskPayload: order.taskPayload }),
      ...(order.jobPayload === undefined ? {} : { jobPayload: order.jobPayload }),
      ...(order.traceparent === undefined ? {} : { traceparent: order.traceparent }),
    };
    return launch.warm ? this.#runWarm(job, mark, log) : runCommand(launch, job, mark, log);
  }

  async #runWarm(job: ToWorker, mark: string, log: CappedLog): Promise<Ending> {
    try {
      const { status, error, outputs = [] } = await this.#worker!.worker.run(job, log);
      if (status === "finished") return { failure: undefined, exitCode: 0, outputs };
      const text = error?.text ?? "no reason given";
      return {
        failure: { source: "executor", code: error?.code ?? 1, text },
        exitCode: undefined,
        outputs: [],
      };
    } catch (error) {
      if (!isAlmagestError(error, "WORKLOAD.WORKER_PROTOCOL")) throw error;
      await this.#kill(mark);
      const signal = error.fields.signal === "SIGKILL" ? KILLED_CODE : 1;
      const source = signal === KILLED_CODE ? "pilot" : "executor";
      return { failure: { source, code: signal, text: error.message }, exitCode: undefined, outputs: [] };
    }
  }

  /** Ends the warm worker. */
  async close(): Promise<void> {
    const worker = this.#worker?.worker;
    this.#worker = undefined;
    if (worker !== undefined && !(await worker.close(this.#settings.graceMs))) {
      await killMarked(worker.mark, this.#settings.graceMs);
    }
  }
}

const contextOf = ({ workflowId, label, jobId, attemptId, queue }: TracedOrder): LineContext => {
  return { workflowId, task: label, jobId, attemptId, queue };
};

const GIVEN_UP: Failure = { source: "pilot", code: 1144, text: "the pilot was told to end" };

/** SIGKILL that we did not send: most often the kernel, out of memory. */
const KILLED_CODE = 1212;

async function runCommand(launch: Launch, job: ToWorker, mark: string, log: CappedLog): Promise<Ending> {
  const [program, ...rest] = launch.command;
  const trace = job.traceparent === undefined ? {} : { TRACEPARENT: job.traceparent };
  const child = spawn(program!, rest, {
    cwd: job.workDir,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      ...launch.environment,
      ...trace,
      ...{ [PILOT_MARK]: mark, ALMAGEST_JOB: JSON.stringify(job) },
    },
  });
  let last = Buffer.alloc(0);
  let bytes = 0;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      log.write(chunk);
      bytes += chunk.length;
      last = Buffer.concat([last, chunk]).subarray(-400);
    });
  }
  // "exit", not "close": a grandchild that keeps our pipes open must not keep the job alive.
  const { code, signal, error } = await new Promise<{
    code: number | null;
    signal: string | null;
    error?: Error;
  }>((resolve) => {
    child.once("error", (cause) => resolve({ code: null, signal: null, error: cause }));
    child.once("exit", (exitCode, exitSignal) =>
      setImmediate(() => resolve({ code: exitCode, signal: exitSignal })),
    );
  });
  await drainOutput(() => bytes);
  child.stdout.destroy();
  child.stderr.destroy();
  if (code === 0) return { failure: undefined, exitCode: 0, outputs: [] };
  const ending = last.toString("utf8").trim();
  if (error !== undefined) {
    return {
      failure: { source: "executor", code: 1, text: error.message },
      exitCode: undefined,
      outputs: [],
    };
  }
  const failure: Failure =
    signal === null
      ? { source: "transform", code: code ?? 0, text: `exit code ${code}: ${ending}` }
      : {
          source: "pilot",
          code: signal === "SIGKILL" ? KILLED_CODE : 1305,
          text: `killed by ${signal}: ${ending}`,
        };
  return { failure, exitCode: code ?? undefined, outputs: [] };
}

/** The last report's fields, in v1's words. */
function endingFields(failure: Failure | undefined, ending: Ending) {
  if (failure === undefined) {
    const files = ending.outputs.map(({ name, sizeBytes, checksum }) => [
      name,
      { fsize: sizeBytes, adler32: checksum?.replace(/^ad:/, "") },
    ]);
    return {
      job_status: "finished",
      trans_exit_code: 0,
      job_output_report: JSON.stringify(Object.fromEntries(files)),
    };
  }
  const exit: Record<string, number> =
    ending.exitCode === undefined ? {} : { trans_exit_code: ending.exitCode };
  if (failure.source === "pilot") {
    return { job_status: "failed", ...exit, pilot_error_code: failure.code, pilot_error_diag: failure.text };
  }
  if (failure.source === "executor") {
    return { job_status: "failed", ...exit, exe_error_code: failure.code, exe_error_diag: failure.text };
  }
  return { job_status: "failed", ...exit, exe_error_diag: failure.text };
}
