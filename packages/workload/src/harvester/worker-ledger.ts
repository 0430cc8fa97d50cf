import type { Worker, WorkerStatus } from "../core/worker-state.ts";
import type { Queue } from "../scheduling/resources.ts";

/** A queue with how full it is. */
export type QueueState = Queue & { readonly activated: number; readonly running: number };

/** Where a harvester reads what its queue needs and writes down its workers: the manager itself (`WorkloadManager`), or one
 * over HTTP (`WorkloadClient.ledger`) for a harvester that is a process of its own, at another site. */
export interface WorkerLedger {
  /** All queues with how full they are. */
  queues(): readonly QueueState[] | Promise<readonly QueueState[]>;
  /** A harvester's workers that have not ended. */
  workers(harvester: string): Promise<readonly Worker[]>;
  /** Writes down new workers, before the batch system is asked for them; gives them with their ids. */
  addWorkers(harvester: string, queue: string, count: number): Promise<readonly Worker[]>;
  /** Tells what became of a worker: its batch id once submitted, later its status. Unknown ids are ignored. */
  seeWorker(id: number, status: WorkerStatus, text: string, batchId?: string): Promise<void>;
}
