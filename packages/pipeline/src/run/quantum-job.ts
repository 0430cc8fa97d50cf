import type { DataId, DimensionRecord, LocatedDataset } from "@almagest/butler";
import { type FailureKind, failureKind } from "../quantum-errors.ts";

/** One quantum as sent to a worker: plain data. Numbers in lists are positions in `inputs` or `outputs`. */
export interface QuantumJob {
  /** Number of the quantum in its graph. */
  readonly quantum: number;
  readonly label: string;
  readonly attempt: number;
  /** With implied values. */
  readonly dataId: DataId;
  /** The dimensions that identify it; they seed its random numbers. */
  readonly required: readonly string[];
  readonly inputs: readonly LocatedDataset[];
  readonly outputs: readonly LocatedDataset[];
  readonly inputsOf: Readonly<Record<string, readonly number[]>>;
  readonly outputsOf: Readonly<Record<string, readonly number[]>>;
  /** Dimension records of the data id by element. */
  readonly records: Readonly<Record<string, DimensionRecord>>;
  readonly metadata: number;
  readonly log: number;
  /** Set when inputs that were predicted did not come to be: the quantum has nothing to do. */
  readonly noWork?: string;
  /** True when some predicted inputs are missing but enough are left. */
  readonly inputsMissing: boolean;
}

/** One file that a quantum wrote: its position in the job's `outputs`. */
export interface WrittenOutput {
  readonly output: number;
  readonly sizeBytes: number;
  readonly checksum?: string;
}

/** Metadata or log of a quantum, encoded: the driver stores it, many of them in one file. */
export interface QuantumDocument {
  /** Position in the job's `outputs`. */
  readonly output: number;
  readonly text: string;
  readonly checksum?: string;
}

/** How a quantum ended. */
export interface QuantumResult {
  readonly quantum: number;
  readonly status: "succeeded" | "failed";
  /** Letters: `N` no work, with `D` as the data cannot be processed or `U` by a failure upstream; `A` inputs missing; `P`
   * partial outputs; `+` some outputs missing, `*` all. */
  readonly caveats: string;
  readonly seconds: number;
  readonly written: readonly WrittenOutput[];
  readonly documents: readonly QuantumDocument[];
  readonly error?: QuantumError;
}

/** An error as plain data. */
export interface QuantumError {
  readonly code?: string;
  readonly message: string;
  readonly stack?: string;
  /** Says that it would fail again, or that the run makes no sense. */
  readonly kind?: FailureKind;
}

/** What a worker needs to rebuild a task: the class in its task table, and the settings. */
export interface TaskSpec {
  readonly label: string;
  readonly className: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly connectionNames: Readonly<Record<string, string>>;
  /** Where its init inputs are, by connection. */
  readonly initInputs?: Readonly<Record<string, LocatedDataset>>;
}

/** An error as plain data that survives the way to another thread. */
export function describeError(error: unknown): QuantumError {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = (error as { code?: unknown }).code;
  const kind = failureKind(error);
  return {
    ...(typeof code === "string" ? { code } : {}),
    ...(kind === undefined ? {} : { kind }),
    message: error.message || error.constructor.name,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
  };
}
