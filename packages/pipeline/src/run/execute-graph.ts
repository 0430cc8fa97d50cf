import { invariant, systemClock } from "@almagest/base";
import type { OutputRecord } from "@almagest/butler";
import { type EdgeLinks, type QuantumGraph, quantumDataId } from "../quanta/quantum-graph.ts";
import { createGraphProgress, type GraphProgress } from "./graph-progress.ts";
import { createIngestQueue, type IngestQueue } from "./ingest-queue.ts";
import { createLabelCounters, type LabelCounter } from "./label-counters.ts";
import { type ButlerLogRecords, toButlerLogRecord } from "./log-records.ts";
import { createJobMaker, type JobMaker } from "./prepare-jobs.ts";
import type { QuantumJob, QuantumResult } from "./quantum-job.ts";
import type { QuantumPool } from "./quantum-pool.ts";
import type { RunButler } from "./run-butler.ts";
import type { ProgressEvent, QuantumFailure } from "./run-options.ts";
import type { NewDocument } from "./store-documents.ts";

/** What execution needs. */
export interface ExecuteOptions {
  readonly butler: Pick<RunButler, "root" | "locate" | "makeRefs" | "planOutputs" | "ingestOutputs" | "put">;
  /** There is no database behind the Butler (`IngestOptions`). */
  readonly filesOnly?: boolean;
  readonly graph: QuantumGraph;
  readonly pool: QuantumPool;
  /** Whether some process worked in the output run before. */
  readonly continued: boolean;
  readonly retries: number;
  /** Codes of failures that are tried again; all unless told. */
  readonly retryOn?: readonly string[];
  readonly failFast: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ProgressEvent) => void;
}

/** How an execution ended. */
export interface ExecuteResult {
  readonly interrupted: boolean;
  readonly counters: readonly LabelCounter[];
  readonly failures: readonly QuantumFailure[];
}

/** Runs all quanta of a graph that are to run, each as soon as its inputs are there, and registers their outputs. */
export async function executeGraph(options: ExecuteOptions): Promise<ExecuteResult> {
  return new Execution(options).run();
}

class Execution {
  readonly #options: ExecuteOptions;
  readonly #progress: GraphProgress;
  readonly #maker: JobMaker;
  readonly #ingest: IngestQueue;
  readonly #counters: LabelCounter[];
  readonly #counterOf: ReadonlyMap<string, LabelCounter>;
  readonly #attempts = new Map<number, number>();
  readonly #failures: QuantumFailure[] = [];
  readonly #prepared: QuantumJob[] = [];
  #inFlight = 0;
  /** Counts results and interruptions, so that none is missed while the loop is busy elsewhere. */
  #happened = 0;
  #stopped = false;
  #fault: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  constructor(options: ExecuteOptions) {
    this.#options = options;
    this.#progress = createGraphProgress(options.graph);
    this.#maker = createJobMaker(options.butler, this.#progress);
    this.#ingest = createIngestQueue(options.butler, options, (error) => this.#abort(error));
    this.#counters = createLabelCounters(options.graph);
    this.#counterOf = new Map(this.#counters.map((counter) => [counter.label, counter]));
  }

  async run(): Promise<ExecuteResult> {
    const { signal, pool } = this.#options;
    const onAbort = (): void => this.#stop();
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted) this.#stop();
    try {
      await this.#loop();
    } finally {
      signal?.removeEventListener("abort", onAbort);
      // A quantum abandoned here has registered nothing, so a later run does it again.
      if (this.#stopped || this.#fault) await pool.close();
      try {
        if (!this.#fault) await this.#ingest.flush();
      } finally {
        this.#ingest.close();
      }
    }
    if (this.#fault) throw this.#fault.error;
    return {
      interrupted: this.#stopped && signal?.aborted === true,
      counters: this.#counters,
      failures: this.#failures,
    };
  }

  async #loop(): Promise<void> {
    const { pool } = this.#options;
    while (!this.#stopped && !this.#fault && this.#progress.remaining() > 0) {
      const seen = this.#happened;
      if (this.#prepared.length === 0) await this.#prepare(pool.capacity - this.#inFlight);
      while (this.#inFlight < pool.capacity && this.#prepared.length > 0)
        this.#dispatch(this.#prepared.shift()!);
      if (this.#stopped || this.#fault || this.#progress.remaining() === 0) break;
      // With the workers busy, plan ahead; then wait for one of them.
      if (this.#prepared.length < pool.capacity) await this.#prepare(4 * pool.capacity);
      if (this.#happened !== seen || (this.#inFlight < pool.capacity && this.#prepared.length > 0)) continue;
      invariant(this.#inFlight > 0, "quanta remain, but none is ready and none is running");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #prepare(count: number): Promise<void> {
    const quanta: number[] = [];
    while (quanta.length < count) {
      const quantum = this.#progress.takeReady();
      if (quantum === undefined) break;
      quanta.push(quantum);
    }
    if (quanta.length === 0) return;
    const jobs = await this.#maker.make(quanta, (quantum) => this.#attempts.get(quantum) ?? 0);
    this.#prepared.push(...jobs);
  }

  #dispatch(job: QuantumJob): void {
    this.#inFlight++;
    const counter = this.#counterOf.get(job.label)!;
    counter.running++;
    this.#options.onProgress?.({
      kind: "started",
      label: job.label,
      dataId: job.dataId,
      labels: this.#counters,
    });
    this.#options.pool.run(job).then(
      (result) => this.#settle(job, result),
      (error) => this.#abort(error),
    );
  }

  async #settle(job: QuantumJob, result: QuantumResult): Promise<void> {
    try {
      const counter = this.#counterOf.get(job.label)!;
      counter.running--;
      counter.seconds += result.seconds;
      counter.longestSec = Math.max(counter.longestSec, result.seconds);
      if (result.status === "succeeded") this.#succeed(job, result, counter);
      else await this.#fail(job, result, counter);
    } catch (error) {
      this.#abort(error);
    } finally {
      this.#inFlight--;
      this.#notify();
    }
  }

  #succeed(job: QuantumJob, result: QuantumResult, counter: LabelCounter): void {
    const written = result.written.map(({ output }) => output);
    this.#maker.remember(job, written);
    this.#ingest.add(outputRecords(job, result), documentsOf(job, result));
    this.#progress.succeed(job.quantum, this.#writtenRows(job, written));
    counter.succeeded++;
    for (const letter of result.caveats) counter.caveats.set(letter, (counter.caveats.get(letter) ?? 0) + 1);
    this.#report(job, "succeeded", result.seconds);
  }

  /** Tells of an output's row whether it came to be. */
  #writtenRows(
    job: QuantumJob,
    written: readonly number[],
  ): (edge: EdgeLinks["edge"], index: number) => boolean {
    return ({ connection }, index) => written.includes(job.outputsOf[connection]?.[index] ?? -1);
  }

  async #fail(job: QuantumJob, result: QuantumResult, counter: LabelCounter): Promise<void> {
    const attempts = (this.#attempts.get(job.quantum) ?? 0) + 1;
    this.#attempts.set(job.quantum, attempts);
    if (attempts <= this.#options.retries && !this.#stopped && this.#mayPass(result)) {
      this.#progress.putBack(job.quantum);
      return;
    }
    counter.failed++;
    this.#failures.push({
      label: job.label,
      dataId: requiredPart(job),
      message: result.error?.message ?? "unknown",
      ...(result.error?.code === undefined ? {} : { code: result.error.code }),
      ...(result.error?.stack === undefined ? {} : { stack: result.error.stack }),
      ...(result.error?.kind === undefined ? {} : { kind: result.error.kind }),
      attempts,
    });
    const documents = documentsOf(job, result);
    if (result.written.length + documents.length > 0) {
      this.#ingest.add(outputRecords(job, result), documents);
    } else await this.#writeLostLog(job, result);
    this.#report(job, "failed", result.seconds, result.error?.message);
    for (const quantum of this.#progress.fail(job.quantum)) {
      const task = this.#progress.taskOf(quantum);
      this.#counterOf.get(task.node.label)!.blocked++;
      const dataId = quantumDataId(task, quantum - task.first);
      const { label } = task.node;
      this.#options.onProgress?.({
        kind: "finished",
        label,
        dataId,
        status: "blocked",
        seconds: 0,
        labels: this.#counters,
      });
    }
    if (this.#options.failFast || result.error?.kind === "invalid") this.#stop();
  }

  /** Whether a failure may pass when the quantum is tried again. */
  #mayPass({ error }: QuantumResult): boolean {
    const { retryOn } = this.#options;
    if (error?.kind !== undefined) return false;
    return retryOn === undefined || (error?.code !== undefined && retryOn.includes(error.code));
  }

  /** A worker that died could not write its quantum's log: the driver does. */
  async #writeLostLog(job: QuantumJob, result: QuantumResult): Promise<void> {
    const { ref } = job.outputs[job.log]!;
    const record = {
      timeMs: systemClock.nowMs(),
      level: "error",
      message: result.error?.message ?? "",
      fields: {},
    } as const;
    const value: ButlerLogRecords = {
      records: [toButlerLogRecord(record, job.label, { RUN: ref.run })],
      extra: {
        exception: {
          type_name: result.error?.code ?? "Error",
          message: result.error?.message ?? "",
          metadata: {},
        },
      },
    };
    await this.#options.butler.put(value, ref.datasetType.name, ref.dataId, { run: ref.run, id: ref.id });
  }

  #report(job: QuantumJob, status: "succeeded" | "failed", seconds: number, message?: string): void {
    this.#options.onProgress?.({
      kind: "finished",
      label: job.label,
      dataId: job.dataId,
      status,
      seconds,
      ...(message === undefined ? {} : { message }),
      labels: this.#counters,
    });
  }

  #notify(): void {
    this.#happened++;
    this.#wake();
  }

  #stop(): void {
    this.#stopped = true;
    this.#notify();
  }

  #abort(error: unknown): void {
    this.#fault ??= { error };
    this.#notify();
  }
}

function requiredPart(job: QuantumJob): QuantumJob["dataId"] {
  return Object.fromEntries(job.required.map((name) => [name, job.dataId[name]!]));
}

function outputRecords(job: QuantumJob, result: QuantumResult): OutputRecord[] {
  return result.written.map(({ output, sizeBytes, checksum }) => ({
    ...job.outputs[output]!,
    sizeBytes,
    ...(checksum === undefined ? {} : { checksum }),
  }));
}

function documentsOf(job: QuantumJob, { documents }: QuantumResult): NewDocument[] {
  return documents.map(({ output, text, checksum }) => ({
    located: job.outputs[output]!,
    text,
    ...(checksum === undefined ? {} : { checksum }),
  }));
}
