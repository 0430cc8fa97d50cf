import type { QuantumJob, QuantumResult } from "./quantum-job.ts";

/** Runs quanta somewhere: in this thread, or in worker threads. */
export interface QuantumPool {
  /** How many quanta may be handed over at the same time. */
  readonly capacity: number;
  /** How many run at the same time. */
  readonly workers: number;
  /** Runs one quantum; rejects only when the pool itself is broken or closed. */
  run(job: QuantumJob): Promise<QuantumResult>;
  /** Ends the workers at once; what they do is abandoned. */
  close(): Promise<void>;
}
