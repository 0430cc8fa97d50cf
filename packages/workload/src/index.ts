/** @module Who computes: workflows of jobs as one graph, brokerage, retries, pilots, harvesters and PanDA's API. Payloads are opaque. */

export { connectWorkload } from "./client/connect-workload.ts";
export { WorkloadClient, type WorkloadClientOptions } from "./client/workload-client.ts";
export type { Attempt, AttemptReport, AttemptStatus, Failure, ReportVerdict } from "./core/attempt-state.ts";
export type { Job, JobStatus } from "./core/job-state.ts";
export type { LogEntry } from "./core/slice.ts";
export type { JobCounts, TaskState, TaskStatus } from "./core/task-state.ts";
export type { Worker, WorkerStatus } from "./core/worker-state.ts";
export { WORKLOAD_ERRORS } from "./errors.ts";
export { type PublishSettings, publishEvents } from "./events/publish-events.ts";
export { type HarvestSettings, harvestOnce, runHarvester } from "./harvester/harvest.ts";
export {
  HARVESTER_PLUGINS,
  type HarvesterPlugin,
  type PilotSetup,
  type WorkerSight,
} from "./harvester/harvester-plugin.ts";
export type { QueueState, WorkerLedger } from "./harvester/worker-ledger.ts";
export {
  type FoundLine,
  type LogFilter,
  type LogLine,
  type LogStore,
  openLogStore,
} from "./logs/log-store.ts";
export type { JobOrder, PilotOffer } from "./manager/acquire-jobs.ts";
export type { QueueSpec } from "./manager/configure.ts";
export type { TaskCommand } from "./manager/control-tasks.ts";
export type { AttemptSummary, JobExplanation } from "./manager/explain-job.ts";
export { createWorkloadManager, openWorkload } from "./manager/open-workload.ts";
export type { OutputFile, PilotReport, ReportAnswer } from "./manager/report-attempt.ts";
export type { SilenceLimits } from "./manager/sweep-lost.ts";
export type { WorkflowStatus } from "./manager/workflow-status.ts";
export type { ManagerOptions, WorkloadManager } from "./manager/workload-manager.ts";
export { type NamedJob, orderJobs } from "./order-jobs.ts";
export { describeApi } from "./panda/openapi.ts";
export type { Target } from "./panda/ownership.ts";
export { type PandaServer, type PandaServerOptions, startPandaServer } from "./panda/server.ts";
export { type Launch, launchOf } from "./pilot/payload.ts";
export { type PilotOptions, runPilot } from "./pilot/run-pilot.ts";
export { type FromWorker, readWorkerLine, type ToWorker, writeWorkerLine } from "./pilot/worker-protocol.ts";
export type { ErrorCluster } from "./questions/cluster-errors.ts";
export type { JobFilter, JobLine } from "./questions/list-jobs.ts";
export type { WorkerLine } from "./questions/list-workers.ts";
export type { WorkflowLine } from "./questions/list-workflows.ts";
export type { UsedResources } from "./questions/used-resources.ts";
export type { Share } from "./scheduling/facility-shares.ts";
export { DEFAULT_REQUEST, type Queue, type ResourceRequest } from "./scheduling/resources.ts";
export { DEFAULT_RETRY_RULES, type RetryAction, type RetryRule } from "./scheduling/retry-rules.ts";
export { readOperatorToken, readServerFile } from "./service/server-file.ts";
export {
  laptopConfig,
  readServiceConfig,
  type ServiceConfig,
  serviceConfigSchema,
} from "./service/service-config.ts";
export { type ServiceOptions, startService, type WorkloadService } from "./service/start-service.ts";
export type { PublishedEvent, WorkloadEvent } from "./store/event-log.ts";
export type { JobSpec, SubmitResult, TaskSpec, WorkflowSpec } from "./workflow-spec.ts";
