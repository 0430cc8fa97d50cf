import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "@almagest/base";
import { executeQuantum } from "./execute-quantum.ts";
import { describeError, type QuantumJob, type QuantumResult } from "./quantum-job.ts";
import { importRuntime, loadRuntime } from "./runtime.ts";
import type { WorkerData, WorkerMessage } from "./thread-pool.ts";

/** Results of short quanta are told together, at the latest after this. */
const LONGEST_SILENCE_MS = 10;

invariant(parentPort, "worker.ts runs as a worker thread");
const port = parentPort;
const send = (message: WorkerMessage): void => port.postMessage(message);

try {
  const {
    runtimeModule,
    specs,
    root,
    checksum,
    running,
    acceptPartialOutputs = false,
  } = workerData as WorkerData;
  const runtime = await loadRuntime(await importRuntime(runtimeModule), specs, root);
  let results: QuantumResult[] = [];
  let sentMs = 0;
  let waiting = 0;
  const tell = (): void => {
    send({ kind: "finished", results });
    results = [];
    sentMs = performance.now();
  };
  // One quantum at a time: a later one waits for the promise of the earlier one.
  let last = Promise.resolve();
  port.on("message", (jobs: readonly QuantumJob[]) => {
    waiting += jobs.length;
    for (const job of jobs) {
      last = last.then(async () => {
        Atomics.store(running, 0, job.quantum);
        results.push(await executeQuantum(job, { runtime, root, checksum, acceptPartialOutputs }));
        Atomics.store(running, 0, -1);
        waiting--;
        if (waiting === 0 || performance.now() - sentMs > LONGEST_SILENCE_MS) tell();
      });
    }
  });
  send({ kind: "ready" });
} catch (error) {
  send({ kind: "broken", error: describeError(error) });
}
