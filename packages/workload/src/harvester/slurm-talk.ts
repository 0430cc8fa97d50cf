/** An array of pilots as Slurm is asked for it. Memory in MB, time in minutes. */
export interface SlurmArray {
  readonly name: string;
  readonly count: number;
  readonly cpus: number;
  readonly memoryMb: number;
  readonly minutes: number;
  readonly folder: string;
  readonly output: string;
  readonly partition: string | undefined;
  readonly account: string | undefined;
  readonly script: string;
}

/** One element of an array as Slurm tells of it; `batchId` is such as `123_4`. */
export interface SlurmElement {
  readonly batchId: string;
  readonly name: string;
  readonly state: string;
  /** Why it waits, or how it exited. */
  readonly reason: string;
}

/** A way to speak to Slurm. Every call throws `WORKLOAD.BATCH_SYSTEM` when it is not answered. */
export interface SlurmTalk {
  /** Submits an array; gives its job id. */
  submit(array: SlurmArray): Promise<string>;
  /** What the controller still knows of our arrays. */
  queue(): Promise<readonly SlurmElement[]>;
  /** What accounting knows of arrays that the controller has forgotten; nothing where there is no accounting. */
  accounting(jobIds: readonly string[]): Promise<readonly Omit<SlurmElement, "name">[]>;
  cancel(batchIds: readonly string[]): Promise<void>;
}

/** The names of our arrays begin so. */
export const ARRAY_PREFIX = "almagest-";
