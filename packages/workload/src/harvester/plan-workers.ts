/** How full a queue is, and what its harvester has there. */
export interface WorkerDemand {
  /** Attempts that wait for a pilot. */
  readonly activated: number;
  /** Attempts that pilots have. */
  readonly running: number;
  /** Workers that have not ended. */
  readonly workers: number;
  /** Jobs at once per worker. */
  readonly slots: number;
  /** Most workers at once, and most new ones per round. */
  readonly maxWorkers: number;
  readonly maxNew: number;
}

/** How many workers to submit now: enough slots for all that runs and waits, within the limits. */
export function planWorkers({
  activated,
  running,
  workers,
  slots,
  maxWorkers,
  maxNew,
}: WorkerDemand): number {
  const wanted = Math.min(Math.ceil((activated + running) / slots), maxWorkers);
  return Math.max(0, Math.min(wanted - workers, maxNew));
}
