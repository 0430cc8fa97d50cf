import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "@almagest/base";
import { executeQuantum } from "./execute-quantum.ts";
import { describeError, type QuantumJob } from "./quantum-job.ts";
import { importRuntime, loadRuntime } from "./runtime.ts";
import type { WorkerData, WorkerMessage } from "./thread-pool.ts";

invariant(parentPort, "worker.ts runs as a worker thread");
const port = parentPort;
const send = (message: WorkerMessage): void => port.postMessage(message);

try {
  const { runtimeModule, specs, root, checksum, running } = workerData as WorkerData;
  const runtime = loadRuntime(await importRuntime(runtimeModule), specs);
  // One quantum at a time: a later message waits for the promise of the earlier one.
  let last = Promise.resolve();
  port.on("message", (job: QuantumJob) => {
    last = last.then(async () => {
      Atomics.store(running, 0, job.quantum);
      const result = await executeQuantum(job, { runtime, root, checksum });
      Atomics.store(running, 0, -1);
      send({ kind: "finished", result });
    });
  });
  send({ kind: "ready" });
} catch (error) {
  send({ kind: "broken", error: describeError(error) });
}
