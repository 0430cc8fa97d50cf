import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "@almagest/base";
import { executeQuantum } from "./execute-quantum.ts";
import { describeError, type QuantumJob } from "./quantum-job.ts";
import { importRuntime, loadRuntime } from "./runtime.ts";
import type { WorkerMessage, WorkerSetup } from "./thread-pool.ts";

invariant(parentPort, "worker.ts runs as a worker thread");
const port = parentPort;
const send = (message: WorkerMessage): void => port.postMessage(message);

try {
  const { runtimeModule, specs, root, checksum } = workerData as WorkerSetup;
  const runtime = loadRuntime(await importRuntime(runtimeModule), specs);
  // One quantum at a time: a later message waits for the promise of the earlier one.
  let last = Promise.resolve();
  port.on("message", (job: QuantumJob) => {
    last = last.then(async () => {
      send({ kind: "started", quantum: job.quantum });
      send({ kind: "finished", result: await executeQuantum(job, { runtime, root, checksum }) });
    });
  });
  send({ kind: "ready" });
} catch (error) {
  send({ kind: "broken", error: describeError(error) });
}
