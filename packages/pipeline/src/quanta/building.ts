import type { DataId } from "@almagest/butler";
import type { PipelineGraph } from "../graph/pipeline-graph.ts";
import type { DatasetQueryConstraint } from "./build-part.ts";
import type { CodedRows } from "./coded-rows.ts";
import type { ExistingOutputs } from "./existing-outputs.ts";
import type { PrerequisiteTable } from "./find-prerequisites.ts";
import type { GraphSource } from "./graph-source.ts";
import type { DatasetTable } from "./quantum-graph.ts";

/** What a quantum graph is built for. */
export interface BuildGraphOptions {
  readonly source: GraphSource;
  readonly graph: PipelineGraph;
  /** Input collections in search order. */
  readonly inputs: readonly string[];
  readonly outputRun: string;
  readonly where?: string;
  readonly dataId?: DataId;
  /** Quanta whose metadata are in the output run or in these collections are skipped. */
  readonly skipExisting?: boolean;
  readonly skipExistingIn?: readonly string[];
  /** Globs of dataset types whose datasets were kept; all unless told. A finished quantum runs again when something that
   * runs reads another output of it. */
  readonly retainedDatasetTypes?: readonly string[];
  /** Which overall inputs must exist for data to be considered; all that do not defer it unless told. */
  readonly datasetQueryConstraint?: DatasetQueryConstraint;
  /** Outputs that an unfinished attempt left in the output run are replaced instead of being an error; true unless told
   * where existing quanta are skipped. */
  readonly clobber?: boolean;
}

/** A graph that is being built. */
export interface Building extends BuildGraphOptions {
  readonly existing: ExistingOutputs;
  readonly datasets: Map<string, DatasetTable>;
  readonly prerequisites: Map<string, PrerequisiteTable>;
  readonly notes: string[];
  /** Data ids of each task's quanta. */
  readonly skeletonRows: Map<string, CodedRows>;
  /** Finished quanta that run again, by label. */
  readonly reruns: Map<string, Uint8Array>;
}
