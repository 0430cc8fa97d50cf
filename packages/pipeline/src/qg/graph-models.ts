import type { DataIdValue } from "@almagest/butler";

/** The documents of a `.qg` file (FORMAT_VERSION 1 of `lsst.pipe.base.quantum_graph`), in the names of the original. */
export interface GraphHeader {
  readonly version: number;
  readonly graph_type: string;
  readonly inputs: readonly string[];
  readonly output: string | null;
  readonly output_run: string;
  readonly user: string;
  readonly timestamp: string;
  readonly command: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly int_size: number;
  readonly n_quanta: number;
  readonly n_datasets: number;
  readonly n_task_quanta: Readonly<Record<string, number>>;
  readonly provenance_dataset_id: string;
}

/** A dataset as predicted: values of required, then implied dimensions. */
export interface DatasetModel {
  readonly dataset_id: string;
  readonly dataset_type_name: string;
  readonly data_coordinate: readonly DataIdValue[];
  readonly run: string;
}

/** One quantum with its datasets by connection; `_metadata`, `_log` (and `_config` of init quanta) among the outputs. */
export interface QuantumModel {
  readonly quantum_id: string;
  readonly task_label: string;
  readonly data_coordinate: readonly DataIdValue[];
  readonly inputs: Readonly<Record<string, readonly DatasetModel[]>>;
  readonly outputs: Readonly<Record<string, readonly DatasetModel[]>>;
  readonly datastore_records: Readonly<Record<string, unknown>>;
}

/** All quanta by label, and which follows which. */
export interface ThinGraph {
  readonly quanta: Readonly<
    Record<
      string,
      readonly { readonly quantum_id: string; readonly data_coordinate: readonly DataIdValue[] }[]
    >
  >;
  readonly edges: readonly (readonly [before: string, after: string])[];
}

/** One edge of a task. */
export interface EdgeModel {
  /** With `.component` where only that is read. */
  readonly dataset_type_name: string;
  readonly storage_class: string;
  readonly raw_dimensions: readonly string[];
  readonly is_calibration: boolean;
  readonly defer_query_constraint: boolean;
}

/** One task. */
export interface TaskModel {
  readonly task_class: string;
  readonly init: {
    readonly inputs: Readonly<Record<string, EdgeModel>>;
    readonly outputs: Readonly<Record<string, EdgeModel>>;
    readonly config_output: EdgeModel;
    readonly index: number | null;
  };
  readonly config_str: string;
  readonly prerequisite_inputs: Readonly<Record<string, EdgeModel>>;
  readonly inputs: Readonly<Record<string, EdgeModel>>;
  readonly outputs: Readonly<Record<string, EdgeModel>>;
  readonly metadata_output: EdgeModel;
  readonly dimensions: readonly string[];
  readonly log_output: EdgeModel | null;
  readonly index: number | null;
}

/** One dataset type. */
export interface DatasetTypeModel {
  readonly dimensions: readonly string[] | null;
  readonly storage_class: string | null;
  readonly is_calibration: boolean;
  readonly is_initial_query_constraint: boolean;
  readonly is_prerequisite: boolean;
  readonly index: number | null;
}

/** The pipeline of a graph. */
export interface PipelineGraphModel {
  readonly version: string;
  readonly description: string;
  readonly tasks: Readonly<Record<string, TaskModel>>;
  readonly dataset_types: Readonly<Record<string, DatasetTypeModel>>;
  readonly task_subsets: Readonly<
    Record<
      string,
      {
        readonly description: string;
        readonly tasks: readonly string[];
        readonly dimensions: readonly string[];
      }
    >
  >;
  readonly dimensions: unknown;
  readonly data_id: Readonly<Record<string, DataIdValue>>;
  readonly step_labels: readonly string[];
  readonly steps_verified: boolean;
}

/** Connection names of the datasets that every quantum has. */
export const METADATA_CONNECTION = "_metadata";
export const LOG_CONNECTION = "_log";
export const CONFIG_CONNECTION = "_config";
