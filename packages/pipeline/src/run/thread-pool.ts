import { Worker } from "node:worker_threads";
import { AlmagestError } from "@almagest/base";
import type { QuantumError, QuantumJob, QuantumResult, TaskSpec } from "./quantum-job.ts";
import type { QuantumPool } from "./quantum-pool.ts";

/** What a worker is told when it starts. */
export interface WorkerSetup {
  readonly runtimeModule: string;
  readonly specs: readonly TaskSpec[];
  readonly root: string;
  readonly checksum: boolean;
  readonly acceptPartialOutputs?: boolean;
  /** Memory that each worker's objects may take, MB; buffers of pixels are not counted. */
  readonly memoryMb?: number;
}

/** What a worker gets besides: the cell in which it notes the quantum it runs (−1 for none), read when it dies. */
export interface WorkerData extends WorkerSetup {
  readonly running: Int32Array;
}

/** What a worker tells. */
export type WorkerMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "broken"; readonly error: QuantumError }
  | { readonly kind: "finished"; readonly results: readonly QuantumResult[] };

/** How many quanta a worker holds at least: the one it runs and those that wait, so that it never waits for the driver. */
const DEPTH = 3;
/** At most, where quanta are so short that these last no longer than the driver may be busy. */
const DEEPEST = 256;
const AHEAD_SEC = 0.1;

interface Pending {
  readonly job: QuantumJob;
  readonly resolve: (result: QuantumResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Slot {
  worker: Worker;
  readonly pending: Pending[];
  /** Jobs that go with the next message. */
  outbox: QuantumJob[];
  readonly running: Int32Array;
  /** Quantum last seen in `running`, and since when. */
  seen: number;
  seenMs: number;
  /** Why the worker was ended on purpose. */
  verdict: QuantumError | undefined;
}

/** Warm worker threads. A worker that dies fails the quantum it ran; those that waited behind it go to its replacement. */
export function createThreadPool(
  setup: WorkerSetup,
  options: { readonly workers: number; readonly timeoutSec?: number },
): QuantumPool {
  return new ThreadPool(setup, options.workers, options.timeoutSec);
}

const WORKER_FILE = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);

class ThreadPool implements QuantumPool {
  readonly workers: number;
  readonly #setup: WorkerSetup;
  readonly #slots: Slot[];
  readonly #watch: NodeJS.Timeout | undefined;
  /** Seconds of a quantum, of late. */
  #typicalSec = AHEAD_SEC;
  #closed = false;
  #broken: AlmagestError | undefined;

  constructor(setup: WorkerSetup, workers: number, timeoutSec: number | undefined) {
    this.#setup = setup;
    this.workers = workers;
    this.#slots = Array.from({ length: workers }, () => this.#open());
    if (timeoutSec !== undefined) {
      this.#watch = setInterval(() => this.#checkTimes(timeoutSec), Math.min(1000, timeoutSec * 100));
    }
  }

  get capacity(): number {
    const depth = Math.round(AHEAD_SEC / Math.max(this.#typicalSec, 1e-6));
    return this.workers * Math.min(DEEPEST, Math.max(DEPTH, depth));
  }

  run(job: QuantumJob): Promise<QuantumResult> {
    return new Promise((resolve, reject) => {
      if (this.#broken) return reject(this.#broken);
      const slot = this.#slots.reduce((least, each) =>
        each.pending.length < least.pending.length ? each : least,
      );
      slot.pending.push({ job, resolve, reject });
      if (slot.outbox.push(job) === 1) queueMicrotask(() => this.#post(slot));
    });
  }

  /** Sends what was handed over in one go in one message. */
  #post(slot: Slot): void {
    const jobs = slot.outbox;
    slot.outbox = [];
    if (jobs.length > 0) slot.worker.postMessage(jobs);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watch);
    await Promise.all(this.#slots.map((slot) => slot.worker.terminate()));
  }

  #open(): Slot {
    const running = new Int32Array(new SharedArrayBuffer(4));
    const slot: Slot = {
      worker: this.#start(running),
      pending: [],
      outbox: [],
      running,
      seen: -1,
      seenMs: 0,
      verdict: undefined,
    };
    this.#listen(slot);
    return slot;
  }

  #start(running: Int32Array): Worker {
    Atomics.store(running, 0, -1);
    const { memoryMb } = this.#setup;
    return new Worker(WORKER_FILE, {
      workerData: { ...this.#setup, running } satisfies WorkerData,
      ...(memoryMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: memoryMb } }),
    });
  }

  #listen(slot: Slot): void {
    let failure: QuantumError | undefined;
    slot.worker.on("message", (message: WorkerMessage) => {
      if (message.kind === "broken") this.#break(message.error);
      else if (message.kind === "finished")
        for (const result of message.results) this.#finished(slot, result);
    });
    slot.worker.on("error", (error) => {
      const code =
        (error as { code?: unknown }).code === "ERR_WORKER_OUT_OF_MEMORY"
          ? "PIPELINE.MEMORY_EXCEEDED"
          : "PIPELINE.WORKER_LOST";
      failure = { code, message: `The worker ended: ${(error as Error).message}.` };
    });
    slot.worker.on("exit", (code) => {
      if (this.#closed || this.#broken) return;
      const message = `The worker ended with exit code ${code} while it ran this quantum.`;
      this.#replace(slot, slot.verdict ?? failure ?? { code: "PIPELINE.WORKER_LOST", message });
    });
  }

  #checkTimes(timeoutSec: number): void {
    const nowMs = performance.now();
    for (const slot of this.#slots) {
      const running = Atomics.load(slot.running, 0);
      if (running !== slot.seen) {
        slot.seen = running;
        slot.seenMs = nowMs;
      } else if (running >= 0 && nowMs - slot.seenMs > timeoutSec * 1000 && !slot.verdict) {
        const message = `The quantum took longer than ${timeoutSec} s and was stopped.`;
        slot.verdict = { code: "PIPELINE.TIMEOUT", message };
        void slot.worker.terminate();
      }
    }
  }

  #finished(slot: Slot, result: QuantumResult): void {
    const index = slot.pending.findIndex(({ job }) => job.quantum === result.quantum);
    slot.pending.splice(index, 1)[0]?.resolve(result);
    this.#typicalSec += (result.seconds - this.#typicalSec) / 16;
  }

  /** A new worker takes what waited behind the quantum that was running. */
  #replace(slot: Slot, error: QuantumError): void {
    const waiting = slot.pending.splice(0);
    // A worker may die between two quanta, or before it noted which one it began: blame the first in line.
    const running = Atomics.load(slot.running, 0);
    const noted = waiting.findIndex(({ job }) => job.quantum === running);
    const [victim] = waiting.splice(Math.max(0, noted), 1);
    slot.worker = this.#start(slot.running);
    slot.verdict = undefined;
    slot.seen = -1;
    this.#listen(slot);
    slot.pending.push(...waiting);
    slot.outbox = waiting.map(({ job }) => job);
    this.#post(slot);
    victim?.resolve({
      quantum: victim.job.quantum,
      status: "failed",
      caveats: "",
      seconds: 0,
      written: [],
      documents: [],
      error,
    });
  }

  #break(error: QuantumError): void {
    this.#broken = new AlmagestError(
      error.code ?? "PIPELINE.RUNTIME_INVALID",
      `A worker cannot start: ${error.message}`,
      { fields: { module: this.#setup.runtimeModule, stack: error.stack } },
    );
    for (const slot of this.#slots) {
      for (const { reject } of slot.pending.splice(0)) reject(this.#broken);
      void slot.worker.terminate();
    }
  }
}
