/** @module Tasks, pipeline files, pipeline and quantum graphs, and their execution on warm workers. */
export { commandTask } from "./command/command-task.ts";
export { type ConfigValue, listConfigValues } from "./config/list-config-values.ts";
export { PIPELINE_ERRORS } from "./errors.ts";
export { exposureFormatter } from "./formatters/exposure-formatter.ts";
export { imageFormatter } from "./formatters/image-formatter.ts";
export { createStandardFormatters } from "./formatters/standard-formatters.ts";
export {
  createPipelineGraph,
  type DatasetTypeNode,
  type PipelineGraph,
  type PipelineGraphOptions,
} from "./graph/pipeline-graph.ts";
export { renderPipelineSvg } from "./graph/render-pipeline-svg.ts";
export { renderPipelineText } from "./graph/render-pipeline-text.ts";
export { selectTasks } from "./graph/select-tasks.ts";
export { createTaskTable, type Edge, type TaskNode, type TaskTable } from "./graph/task-node.ts";
export { NoWorkFound } from "./no-work-found.ts";
export { type LoadPipelineOptions, loadPipeline, parsePipeline } from "./pipeline/load-pipeline.ts";
export type { Pipeline, PipelineTask } from "./pipeline/pipeline.ts";
export { openProvenanceFile, type ProvenanceFile } from "./provenance/open-provenance-file.ts";
export {
  ATTEMPT_STATUS,
  type AttemptModel,
  type ProvenanceDatasetModel,
  type ProvenanceQuantumModel,
} from "./provenance/provenance-models.ts";
export {
  type WriteProvenanceOptions,
  type WrittenProvenance,
  writeProvenanceFile,
} from "./provenance/write-provenance-file.ts";
export type { GraphHeader, PipelineGraphModel, QuantumModel, ThinGraph } from "./qg/graph-models.ts";
export { type GraphFile, openGraphFile } from "./qg/open-graph-file.ts";
export { createDatasetPredictor, type DatasetPredictor, predictOutputs } from "./qg/predicted-datasets.ts";
export { type RestoreOptions, restoreGraph } from "./qg/restore-graph.ts";
export { type TransferFromGraphOptions, transferFromGraph } from "./qg/transfer-from-graph.ts";
export { type WriteGraphOptions, type WrittenGraph, writeGraphFile } from "./qg/write-graph-file.ts";
export type { DatasetQueryConstraint } from "./quanta/build-part.ts";
export { buildQuantumGraph, countQuanta } from "./quanta/build-quantum-graph.ts";
export type { BuildGraphOptions } from "./quanta/building.ts";
export { estimateCost, type LabelCost } from "./quanta/estimate-cost.ts";
export {
  type ExplainedDatasets,
  type ExplainedQuery,
  type ExplainedTask,
  type ExplainOptions,
  explainGraph,
  type GraphExplanation,
} from "./quanta/explain-graph.ts";
export type { GraphSource } from "./quanta/graph-source.ts";
export {
  datasetDataId,
  QUANTUM_RUN,
  type QuantumGraph,
  quantumDataId,
} from "./quanta/quantum-graph.ts";
export {
  AlgorithmError,
  AnnotatedPartialOutputsError,
  type FailureKind,
  InvalidQuantumError,
  RepeatableQuantumError,
  UnprocessableDataError,
  UpstreamFailureNoWorkFound,
} from "./quantum-errors.ts";
export {
  type ExceptionReport,
  type LabelReport,
  type ReportOptions,
  type RunReport,
  reportRuns,
} from "./report/report-runs.ts";
export type { ReportSource, StoredQuantum } from "./report/stored-quanta.ts";
export {
  type Provenance,
  type TracedDataset,
  type TracedQuantum,
  traceProvenance,
} from "./report/trace-provenance.ts";
export type { ButlerLogRecord, ButlerLogRecords } from "./run/log-records.ts";
export {
  type GraphFileChoice,
  type RunGraphFileOptions,
  type RunQuantumBackedOptions,
  runGraphFile,
  runQuantumBacked,
} from "./run/run-graph-file.ts";
export type { PreparedRun, RunOptions } from "./run/run-in.ts";
export type {
  LabelProgress,
  LabelSummary,
  PipelineRuntime,
  ProgressEvent,
  QuantumFailure,
  RunPipelineOptions,
  RunSummary,
  RuntimeSource,
} from "./run/run-options.ts";
export {
  type PrepareOptions,
  preparePipeline,
  runPipeline,
  runPrepared,
} from "./run/run-pipeline.ts";
export { importRuntime } from "./run/runtime.ts";
export type { TaskMetadata } from "./run/task-metadata.ts";
export {
  type AdjustedInputs,
  type AdjustedQuantum,
  type AnyTask,
  type Connection,
  type Connections,
  type DatasetHandle,
  defineTask,
  type InitQuestion,
  type Inputs,
  initInput,
  initOutput,
  input,
  inputs,
  type LookupQuestion,
  type Outputs,
  output,
  outputs,
  type PrerequisiteLookup,
  prerequisite,
  prerequisites,
  type Task,
  type TaskContext,
} from "./task.ts";
