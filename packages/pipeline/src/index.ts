/** @module Tasks, pipeline files, pipeline and quantum graphs, and their execution on warm workers. */
export { PIPELINE_ERRORS } from "./errors.ts";
export {
  createPipelineGraph,
  type DatasetTypeNode,
  type PipelineGraph,
  type PipelineGraphOptions,
} from "./graph/pipeline-graph.ts";
export { selectTasks } from "./graph/select-tasks.ts";
export { createTaskTable, type Edge, type TaskNode, type TaskTable } from "./graph/task-node.ts";
export { NoWorkFound } from "./no-work-found.ts";
export { type LoadPipelineOptions, loadPipeline, parsePipeline } from "./pipeline/load-pipeline.ts";
export type { Pipeline, PipelineTask } from "./pipeline/pipeline.ts";
export type {
  LabelProgress,
  LabelSummary,
  PipelineRuntime,
  ProgressEvent,
  QuantumFailure,
  RunPipelineOptions,
  RunSummary,
} from "./run/run-options.ts";
export { runPipeline } from "./run/run-pipeline.ts";
export {
  type AnyTask,
  type Connection,
  type Connections,
  type DatasetHandle,
  defineTask,
  type Inputs,
  input,
  inputs,
  type Outputs,
  output,
  outputs,
  prerequisite,
  prerequisites,
  type Task,
  type TaskContext,
} from "./task.ts";
