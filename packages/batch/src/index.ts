/** @module Submit files, clustering of quantum graphs into jobs, and one plugin per workload system. */
export type { Cluster, ClusterAlgorithm, ClusterRequest, TaskCost } from "./cluster/cluster.ts";
export { type ClusteredQuanta, clusterQuanta } from "./cluster/cluster-quanta.ts";
export {
  createQuantumNodes,
  type NodeTask,
  type QuantumNodes,
  readQuantumNodes,
} from "./cluster/quantum-nodes.ts";
export { type BpsConfig, createBpsConfig, SEARCH_ORDER, type SearchOptions } from "./config/bps-config.ts";
export { type ConfigTree, type ConfigValue, mergeTrees } from "./config/config-tree.ts";
export { BPS_DEFAULTS } from "./config/defaults.ts";
export { type JobResources, memoryOfAttempt, resolveResources } from "./config/job-resources.ts";
export { loadSubmitFile, parseSubmitText } from "./config/load-submit-file.ts";
export { openSubmitFile } from "./config/submit-config.ts";
export { BATCH_ERRORS } from "./errors.ts";
export { type JobResult, type QuantumOutcome, readJobResult } from "./job/job-result.ts";
export { type RunJobOptions, runJob } from "./job/run-job.ts";
export { type ServeJobsOptions, serveJobs } from "./job/serve-jobs.ts";
export { readPastCosts } from "./submit/past-costs.ts";
export {
  initialiseRun,
  type PrepareSubmissionOptions,
  prepareSubmission,
} from "./submit/prepare-submission.ts";
export { exitCodeOf, type LabelReport, reportSubmission, type SubmissionReport } from "./submit/report.ts";
export { renderReportText } from "./submit/report-text.ts";
export { readFacts, readSubmission, type Submission, type SubmissionFacts } from "./submit/submission.ts";
export { isFinal, JOB_STATES, type JobState, type JobStatus, overallState } from "./systems/job-state.ts";
export { findSystem } from "./systems/systems.ts";
export type { SystemTools, WorkloadSystem } from "./systems/workload-system.ts";
export {
  createGenericWorkflow,
  type GenericWorkflow,
  type WorkflowJob,
} from "./workflow/generic-workflow.ts";
export { orderJobs } from "./workflow/ordering.ts";
