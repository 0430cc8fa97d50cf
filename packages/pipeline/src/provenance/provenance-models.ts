import type { DataIdValue } from "@almagest/butler";
import type { DatasetModel } from "../qg/graph-models.ts";
import type { ButlerLogRecord } from "../run/log-records.ts";
import type { TaskMetadata } from "../run/task-metadata.ts";

/** The documents of a provenance graph: a `.qg` file that tells what became of the quanta of a predicted one
 * (`lsst.pipe.base.quantum_graph`, FORMAT_VERSION 1), in the names of the original. */

/** How an attempt to run a quantum ended, in the original's numbers (`QuantumAttemptStatus`). */
export const ATTEMPT_STATUS = {
  aborted: -4,
  unknown: -3,
  abortedSuccess: -2,
  failed: -1,
  blocked: 0,
  successful: 1,
} as const;

/** An error as the original tells it. */
export interface ExceptionModel {
  readonly type_name: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, number | string | boolean | null>>;
}

/** What a quantum took: seconds, and bytes of its process at most. */
export interface ResourceUsageModel {
  readonly memory: number;
  readonly start: string;
  readonly prep_time: number;
  readonly init_time: number;
  readonly run_time: number;
  readonly run_time_cpu: number;
}

/** One attempt to run a quantum. */
export interface AttemptModel {
  readonly attempt: number;
  readonly status: number;
  /** Flags (`caveatFlags`). */
  readonly caveats: number | null;
  readonly exception: ExceptionModel | null;
  readonly resource_usage: ResourceUsageModel | null;
  readonly previous_process_quanta: readonly string[];
}

/** A quantum, and what became of it; datasets by their ids. No attempt where something before it failed. */
export interface ProvenanceQuantumModel {
  readonly quantum_id: string;
  readonly task_label: string;
  readonly data_coordinate: readonly DataIdValue[];
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly outputs: Readonly<Record<string, readonly string[]>>;
  readonly attempts: readonly AttemptModel[];
}

/** A dataset, and who made and read it. */
export interface ProvenanceDatasetModel extends DatasetModel {
  readonly produced: boolean;
  /** Null for what the graph only reads. */
  readonly producer: string | null;
  readonly consumers: readonly string[];
}

/** What a task does once for the run. */
export interface ProvenanceInitModel {
  readonly quantum_id: string;
  readonly task_label: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Metadata of each attempt; null where none were written. */
export interface MetadataAttempts {
  readonly attempts: readonly (TaskMetadata | null)[];
}

/** Log of each attempt; null where none was written. */
export interface LogAttempts {
  readonly attempts: readonly (readonly ButlerLogRecord[] | null)[];
}

/** Blocks of a provenance graph, in the order of the addresses of its nodes. */
export const PROVENANCE_BLOCKS = ["datasets", "quanta", "logs", "metadata"] as const;

/** One kind of block. */
export type ProvenanceBlock = (typeof PROVENANCE_BLOCKS)[number];
