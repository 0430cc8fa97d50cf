import { caveatFlags } from "./caveats.ts";

/** A value of task metadata. */
export type MetadataValue = number | string | boolean;

/** Metadata in the shape of `lsst.pipe.base.TaskMetadata`. */
export interface TaskMetadata {
  readonly scalars: Readonly<Record<string, MetadataValue>>;
  readonly arrays: Readonly<Record<string, readonly MetadataValue[]>>;
  readonly metadata: Readonly<Record<string, TaskMetadata>>;
}

/** What the executor knows of a finished quantum. */
export interface QuantumFacts {
  readonly label: string;
  readonly figures: ReadonlyMap<string, MetadataValue>;
  readonly startMs: number;
  readonly endMs: number;
  /** Milliseconds of reading inputs, of the task itself, and of writing outputs. */
  readonly readMs: number;
  readonly runMs: number;
  readonly writeMs: number;
  /** Processor time of the worker before and after, s. */
  readonly startCpuSec: number;
  readonly endCpuSec: number;
  readonly peakMemoryBytes: number;
  readonly caveats: string;
  readonly noWork?: string;
  /** How often it had been tried before in this run of the driver. */
  readonly attempt: number;
  readonly inputIds: readonly string[];
  readonly outputIds: readonly string[];
}

/** The stored metadata of a quantum: the task's own figures under its label, the executor's under `quantum`. */
export function createTaskMetadata(facts: QuantumFacts): TaskMetadata {
  const { startMs, endMs, caveats, noWork } = facts;
  const startUtc = [new Date(startMs).toISOString()];
  return {
    scalars: {},
    arrays: {},
    metadata: {
      [facts.label]: { scalars: Object.fromEntries(facts.figures), arrays: {}, metadata: {} },
      quantum: {
        scalars: {
          readSec: facts.readMs / 1000,
          runSec: facts.runMs / 1000,
          writeSec: facts.writeMs / 1000,
          elapsedSec: (endMs - startMs) / 1000,
          startCpuTime: facts.startCpuSec,
          endCpuTime: facts.endCpuSec,
          caveats: caveatFlags(caveats),
          ...(caveats === "" ? {} : { caveatLetters: caveats }),
          ...(noWork === undefined ? {} : { noWork }),
          ...(facts.attempt > 0 ? { attempt: facts.attempt } : {}),
        },
        arrays: {
          prepUtc: startUtc,
          initUtc: startUtc,
          startUtc,
          endUtc: [new Date(endMs).toISOString()],
          endMaxResidentSetSize: [facts.peakMemoryBytes],
          ...(facts.inputIds.length > 0 ? { inputs: facts.inputIds } : {}),
          ...(facts.outputIds.length > 0 ? { outputs: facts.outputIds } : {}),
        },
        metadata: {},
      },
    },
  };
}
