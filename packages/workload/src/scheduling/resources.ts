/** What a job asks of the place where it runs. */
export interface ResourceRequest {
  readonly memoryMb: number;
  readonly wallSec: number;
  readonly cores: number;
  readonly diskMb: number;
  /** What its outputs take at the facility's storage. */
  readonly outputMb?: number;
  /** Only at this facility. */
  readonly facility?: string;
  /** Only where this software release is. */
  readonly software?: string;
  /** Only at facilities that hold its inputs; anywhere when absent. */
  readonly inputsAt?: readonly string[];
}

/** What a job gets when it asks for nothing in particular. */
export const DEFAULT_REQUEST: ResourceRequest = { memoryMb: 2048, wallSec: 86_400, cores: 1, diskMb: 10_240 };

/** Jobs of one task that ask for the same are brokered together, and refused for the same reasons. */
export interface ResourceClass {
  readonly id: number;
  readonly taskId: number;
  readonly request: ResourceRequest;
  /** Raised after a failure: what was learned of the label does not lower it again. */
  readonly boosted: boolean;
}

/** A place where jobs run: a partition, a CE, a pool. */
export interface Queue {
  readonly id: number;
  readonly name: string;
  readonly facility: string;
  /** `drain`: what was assigned runs, nothing more is assigned. */
  readonly status: "online" | "offline" | "drain";
  /** Most that one job may ask. */
  readonly cores: number;
  readonly memoryMb: number;
  readonly wallSec: number;
  readonly diskMb: number;
  /** What the facility's storage has left for outputs; absent: enough. Define the queue anew when it changes. */
  readonly storageFreeMb?: number;
  /** Releases present; empty means any. */
  readonly software: readonly string[];
  /** Attempts that may lie activated and not yet taken. */
  readonly backlog: number;
  /** Attempts that may be live at once; absent: no limit. */
  readonly maxActive?: number;
}
