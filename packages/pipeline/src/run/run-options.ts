import type { Butler, DataId, FormatterRegistry } from "@almagest/butler";
import type { TaskTable } from "../graph/task-node.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { DatasetQueryConstraint } from "../quanta/build-part.ts";
import type { FailureKind } from "../quantum-errors.ts";
import type { PruneReplaced } from "./output-collections.ts";

/** What a runtime module exports: the task code by class name, and the formatters of all dataset types. Workers import
 * it once; it must therefore be importable by URL and have no side effects. */
export interface PipelineRuntime {
  readonly tasks: TaskTable;
  readonly formatters: FormatterRegistry;
}

/** Where the code comes from: the URL of a runtime module, or (in-process only) the runtime itself. */
export type RuntimeSource = string | URL | PipelineRuntime;

/** What to run. */
export interface RunPipelineOptions {
  readonly butler: Butler;
  readonly pipeline: Pipeline;
  readonly runtimeModule: RuntimeSource;
  /** Data query, such as `instrument='SimCam' AND skymap='demo' AND visit IN (1..20)`. */
  readonly where?: string;
  readonly dataId?: DataId;
  /** Input collections in search order. With `output`, defaults to what the output chain holds already. */
  readonly inputs?: readonly string[];
  /** RUN to write; or give `output`. */
  readonly outputRun?: string;
  /** CHAINED collection; a new run `{output}/{timestamp}` is put in front of it (with `extendRun`, its newest is reused). */
  readonly output?: string;
  readonly extendRun?: boolean;
  /** With `output`: the new run takes the place of the chain's first, which must be a run. */
  readonly replaceRun?: boolean;
  /** What becomes of the replaced run's datasets: nothing unless told. */
  readonly pruneReplaced?: PruneReplaced;
  /** With `output`: order the chain anew, its own runs first, then `inputs`, then what else was in it. */
  readonly rebase?: boolean;
  /** Only make the run, its dataset types, configurations and init outputs; run no quantum. */
  readonly initOnly?: boolean;
  /** Skip quanta whose metadata exist in the output run, and purge what unfinished ones left. True unless told. */
  readonly skipExisting?: boolean;
  /** Further collections in which finished quanta count as done. */
  readonly skipExistingIn?: readonly string[];
  /** Globs of dataset types whose datasets were kept; all unless told. A finished quantum runs again when something that
   * runs reads another output of it. */
  readonly retainedDatasetTypes?: readonly string[];
  /** Worker threads; all cores unless told; 0 runs everything in this thread. */
  readonly workers?: number;
  /** How often a quantum is tried again after a failure; 0 unless told. */
  readonly retries?: number;
  /** Codes of the failures after which a quantum is tried again, such as `PIPELINE.WORKER_LOST`; all unless told. What would
   * fail again (`RepeatableQuantumError`) or stops the run (`InvalidQuantumError`) never is. */
  readonly retryOn?: readonly string[];
  /** MB that the objects of one worker may take; its quantum fails beyond (worker threads only; buffers not counted). */
  readonly memoryMb?: number;
  /** Count a quantum with partial outputs as success with a caveat. */
  readonly acceptPartialOutputs?: boolean;
  /** Replace what unfinished quanta left in the output run; true unless told where finished ones are skipped. */
  readonly clobber?: boolean;
  /** Which overall inputs must exist for data to be considered; all that do not defer it unless told. */
  readonly datasetQueryConstraint?: DatasetQueryConstraint;
  /** Seconds after which a quantum is stopped (worker threads only). */
  readonly timeoutSec?: number;
  /** Stop dispatching after the first failure. */
  readonly failFast?: boolean;
  /** Compute checksums of outputs; true unless told. */
  readonly checksum?: boolean;
  /** Stops the run: running quanta are abandoned, finished ones are kept, the run can be continued. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ProgressEvent) => void;
}

/** State of one label's quanta while a run goes on. */
export interface LabelProgress {
  readonly label: string;
  readonly expected: number;
  readonly running: number;
  readonly succeeded: number;
  readonly skipped: number;
  readonly failed: number;
  readonly blocked: number;
  /** Sum of the seconds that finished quanta took. */
  readonly seconds: number;
}

/** What a progress display is told. `labels` is in running order and always complete. */
export type ProgressEvent =
  | { readonly kind: "graphBuilt"; readonly labels: readonly LabelProgress[]; readonly seconds: number }
  | {
      readonly kind: "started";
      readonly label: string;
      readonly dataId: DataId;
      readonly labels: readonly LabelProgress[];
    }
  | {
      readonly kind: "finished";
      readonly label: string;
      readonly dataId: DataId;
      readonly status: "succeeded" | "failed" | "blocked";
      readonly seconds: number;
      readonly message?: string;
      readonly labels: readonly LabelProgress[];
    }
  | { readonly kind: "ended"; readonly labels: readonly LabelProgress[]; readonly seconds: number };

/** One label's part of a run. */
export interface LabelSummary {
  readonly label: string;
  readonly expected: number;
  /** Ran and succeeded now. */
  readonly succeeded: number;
  /** Had succeeded before. */
  readonly skipped: number;
  readonly failed: number;
  readonly blocked: number;
  /** Not reached because the run was stopped. */
  readonly pending: number;
  /** Sum and largest of the seconds of its quanta. */
  readonly seconds: number;
  readonly longestSec: number;
  /** How many quanta ended with each caveat code (`N` no work, `+` some outputs missing, `*` all, `A` inputs missing). */
  readonly caveats: Readonly<Record<string, number>>;
}

/** One quantum that failed. */
export interface QuantumFailure {
  readonly label: string;
  readonly dataId: DataId;
  /** Dotted code when the task threw a coded error. */
  readonly code?: string;
  readonly message: string;
  readonly stack?: string;
  readonly kind?: FailureKind;
  readonly attempts: number;
}

/** How a run ended. */
export interface RunSummary {
  readonly status: "succeeded" | "failed" | "interrupted" | "empty";
  readonly outputRun: string;
  readonly labels: readonly LabelSummary[];
  readonly failures: readonly QuantumFailure[];
  readonly warnings: readonly string[];
  /** Why quanta were not made or dropped, for an empty or surprising graph. */
  readonly notes: readonly string[];
  readonly graphSec: number;
  readonly totalSec: number;
  readonly workers: number;
}
