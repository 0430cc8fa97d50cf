import { executeQuantum, type QuantumPlace } from "./execute-quantum.ts";
import type { QuantumPool } from "./quantum-pool.ts";

/** A pool that runs one quantum after the other in the calling thread. */
export function createInlinePool(place: QuantumPlace): QuantumPool {
  let last: Promise<unknown> = Promise.resolve();
  return {
    capacity: 1,
    workers: 1,
    run(job) {
      const result = executeQuantum(job, place);
      last = result;
      return result;
    },
    // A quantum in this thread cannot be abandoned: its result still counts.
    async close() {
      await last;
    },
  };
}
