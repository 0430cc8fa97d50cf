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
}

/** What a worker tells. */
export type WorkerMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "broken"; readonly error: QuantumError }
  | { readonly kind: "started"; readonly quantum: number }
  | { readonly kind: "finished"; readonly result: QuantumResult };

/** How many quanta a worker holds: the one it runs and those that wait, so that it never waits for the driver. */
const DEPTH = 3;

interface Pending {
  readonly job: QuantumJob;
  readonly resolve: (result: QuantumResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Slot {
  worker: Worker;
  readonly pending: Pending[];
  running: number | undefined;
  timer: NodeJS.Timeout | undefined;
  startedMs: number;
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
  readonly capacity: number;
  readonly workers: number;
  readonly #setup: WorkerSetup;
  readonly #timeoutSec: number | undefined;
  readonly #slots: Slot[];
  #closed = false;
  #broken: AlmagestError | undefined;

  constructor(setup: WorkerSetup, workers: number, timeoutSec: number | undefined) {
    this.#setup = setup;
    this.#timeoutSec = timeoutSec;
    this.workers = workers;
    this.capacity = workers * DEPTH;
    this.#slots = Array.from({ length: workers }, () => this.#open());
  }

  run(job: QuantumJob): Promise<QuantumResult> {
    return new Promise((resolve, reject) => {
      if (this.#broken) return reject(this.#broken);
      const slot = this.#slots.reduce((least, each) =>
        each.pending.length < least.pending.length ? each : least,
      );
      slot.pending.push({ job, resolve, reject });
      slot.worker.postMessage(job);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#slots.map((slot) => this.#end(slot)));
  }

  #open(): Slot {
    const worker = new Worker(WORKER_FILE, { workerData: this.#setup });
    const slot: Slot = {
      worker,
      pending: [],
      running: undefined,
      timer: undefined,
      startedMs: 0,
      verdict: undefined,
    };
    this.#listen(slot);
    return slot;
  }

  #listen(slot: Slot): void {
    let failure: QuantumError | undefined;
    slot.worker.on("message", (message: WorkerMessage) => {
      if (message.kind === "broken") this.#break(message.error);
      else if (message.kind === "started") this.#started(slot, message.quantum);
      else if (message.kind === "finished") this.#finished(slot, message.result);
    });
    slot.worker.on("error", (error) => {
      failure = { code: "PIPELINE.WORKER_LOST", message: `The worker ended: ${(error as Error).message}.` };
    });
    slot.worker.on("exit", (code) => {
      if (this.#closed || this.#broken) return;
      const message = `The worker ended with exit code ${code} while it ran this quantum.`;
      this.#replace(slot, slot.verdict ?? failure ?? { code: "PIPELINE.WORKER_LOST", message });
    });
  }

  #started(slot: Slot, quantum: number): void {
    slot.running = quantum;
    slot.startedMs = performance.now();
    if (this.#timeoutSec === undefined) return;
    slot.timer = setTimeout(() => {
      const message = `The quantum took longer than ${this.#timeoutSec} s and was stopped.`;
      slot.verdict = { code: "PIPELINE.TIMEOUT", message };
      void this.#end(slot);
    }, this.#timeoutSec * 1000);
  }

  #finished(slot: Slot, result: QuantumResult): void {
    clearTimeout(slot.timer);
    slot.running = undefined;
    const index = slot.pending.findIndex(({ job }) => job.quantum === result.quantum);
    slot.pending.splice(index, 1)[0]?.resolve(result);
  }

  /** A new worker takes what waited behind the quantum that was running. */
  #replace(slot: Slot, error: QuantumError): void {
    clearTimeout(slot.timer);
    const waiting = [...slot.pending];
    // A worker may die between two quanta, or before it could say which one it began: blame the first in line.
    const lost = waiting.findIndex(({ job }) => job.quantum === (slot.running ?? waiting[0]?.job.quantum));
    const [victim] = lost < 0 ? [] : waiting.splice(lost, 1);
    slot.pending.length = 0;
    slot.worker = new Worker(WORKER_FILE, { workerData: this.#setup });
    slot.verdict = undefined;
    this.#listen(slot);
    for (const entry of waiting) {
      slot.pending.push(entry);
      slot.worker.postMessage(entry.job);
    }
    const seconds = slot.running === undefined ? 0 : (performance.now() - slot.startedMs) / 1000;
    slot.running = undefined;
    victim?.resolve({
      quantum: victim.job.quantum,
      status: "failed",
      caveats: "",
      seconds,
      written: [],
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
      void this.#end(slot);
    }
  }

  async #end(slot: Slot): Promise<void> {
    clearTimeout(slot.timer);
    await slot.worker.terminate();
  }
}
