import { isAlmagestError, type Json } from "@almagest/base";
import type { PilotOffer } from "../manager/acquire-jobs.ts";
import type { WorkloadManager } from "../manager/workload-manager.ts";
import type { Parameters } from "./decode-body.ts";
import { toPandaJob } from "./job-fields.ts";
import { readReport } from "./read-report.ts";
import {
  acquireJobsSchema,
  checkParameters,
  emptySchema,
  jobStatusSchema,
  updateJobSchema,
  updateJobsBulkSchema,
  workerStatusSchema,
} from "./schemas.ts";

/** PanDA's status codes. */
export const STATUS_CODE = { ok: 0, noJob: 20, failed: 30, keyMissing: 80, proxy: 90 } as const;

/** A call's answer before it is dressed as legacy or v1. */
export interface Answer {
  readonly success: boolean;
  readonly message: string;
  readonly data: Json;
  /** The legacy form, where it is not the data itself. */
  readonly legacy?: Json;
}

/** One call of the API: where it lives in both versions, and what it does. */
export interface Call {
  /** Name below /server/panda/; undefined where there was none. */
  readonly legacy: string | undefined;
  /** Path below /api/v1/. */
  readonly v1: string;
  readonly method: "GET" | "POST";
  run(manager: WorkloadManager, parameters: Parameters, signal: AbortSignal): Promise<Answer>;
}

const ok = (data: Json, legacy?: Json): Answer => ({
  success: true,
  message: "",
  data,
  ...(legacy === undefined ? {} : { legacy }),
});

async function acquireJobs(
  manager: WorkloadManager,
  parameters: Parameters,
  signal: AbortSignal,
): Promise<Answer> {
  const asked = checkParameters(acquireJobsSchema, parameters);
  const limit = (value: number | undefined): value is number => value !== undefined && value > 0;
  const offer: PilotOffer = {
    queue: asked.site_name,
    worker:
      asked.node ?? (asked.worker_id === undefined ? "pilot" : `${asked.harvester_id}/${asked.worker_id}`),
    count: asked.n_jobs,
    waitMs: asked.wait_sec * 1000,
    ...(limit(asked.memory) ? { memoryMb: asked.memory } : {}),
    ...(limit(asked.remaining_time) ? { wallSec: asked.remaining_time } : {}),
    ...(limit(asked.cores) ? { cores: asked.cores } : {}),
    ...(asked.task_id === undefined ? {} : { taskId: asked.task_id }),
    ...(asked.request_id === undefined ? {} : { requestId: asked.request_id }),
  };
  const orders = await manager.acquire(offer, signal);
  if (orders.length === 0) {
    const legacy = { StatusCode: STATUS_CODE.noJob, errorDialog: "no jobs in PanDA" };
    return { success: false, message: "No jobs in PanDA", data: null, legacy };
  }
  const jobs = orders.map((order) => ({
    ...toPandaJob(order),
    ...(asked.almagest ? { almagest: JSON.parse(JSON.stringify(order)) as Json } : {}),
  }));
  return ok({ StatusCode: STATUS_CODE.ok, jobs }, jobs[0]!);
}

async function updateJob(manager: WorkloadManager, parameters: Parameters): Promise<Answer> {
  const { command } = await manager.report(readReport(checkParameters(updateJobSchema, parameters)));
  return ok({ StatusCode: STATUS_CODE.ok, command });
}

async function updateJobsBulk(manager: WorkloadManager, parameters: Parameters): Promise<Answer> {
  const { job_list: jobs } = checkParameters(updateJobsBulkSchema, parameters);
  const answers = await Promise.all(
    jobs.map(async (job): Promise<Json> => {
      try {
        const { success, message, data } = await updateJob(manager, job);
        return { success, message, data };
      } catch (error) {
        if (!isAlmagestError(error, "WORKLOAD.REQUEST_INVALID")) throw error;
        return { success: false, message: error.message, data: null };
      }
    }),
  );
  return ok(answers);
}

async function getStatus(manager: WorkloadManager, parameters: Parameters): Promise<Answer> {
  const { job_ids: ids } = checkParameters(jobStatusSchema, parameters);
  const found = new Map((await manager.attemptStatus(ids)).map((entry) => [entry.id, entry]));
  const list = ids.map((id) => ({
    job_id: id,
    status: found.get(id)?.status ?? "not found",
    attempt_number: found.get(id)?.nr ?? 0,
  }));
  return ok(list, {
    StatusCode: STATUS_CODE.ok,
    status: list.map(({ status }) => status.replace(" ", "")).join("+"),
    attemptNr: list.map((entry) => entry.attempt_number).join("+"),
  });
}

const RESOURCE_TYPES: Json = [
  { resource_name: "SCORE", mincore: 1, maxcore: 1, minrampercore: null, maxrampercore: 4000 },
  { resource_name: "SCORE_HIMEM", mincore: 1, maxcore: 1, minrampercore: 4001, maxrampercore: null },
  { resource_name: "MCORE", mincore: 2, maxcore: null, minrampercore: null, maxrampercore: 4000 },
  { resource_name: "MCORE_HIMEM", mincore: 2, maxcore: null, minrampercore: 4001, maxrampercore: null },
];

/** An answer that says the server hands out no such secret. */
const noSecret = (StatusCode: number, errorDialog: string) => async (): Promise<Answer> => ({
  success: false,
  message: errorDialog,
  data: { StatusCode },
  legacy: { StatusCode, errorDialog },
});

/** The calls of the pilot's side of PanDA's API that are served. To add one, add an entry. */
export const PANDA_CALLS: readonly Call[] = [
  { legacy: "getJob", v1: "pilot/acquire_jobs", method: "POST", run: acquireJobs },
  { legacy: "updateJob", v1: "pilot/update_job", method: "POST", run: updateJob },
  { legacy: "updateJobsInBulk", v1: "pilot/update_jobs_bulk", method: "POST", run: updateJobsBulk },
  { legacy: "getStatus", v1: "pilot/get_job_status", method: "GET", run: getStatus },
  {
    legacy: "updateWorkerPilotStatus",
    v1: "pilot/update_worker_status",
    method: "POST",
    async run(manager, parameters) {
      const { worker_id: id, status } = checkParameters(workerStatusSchema, parameters);
      await manager.seeWorker(id, status === "started" ? "running" : "finished", "");
      return ok({ StatusCode: STATUS_CODE.ok });
    },
  },
  {
    legacy: "getResourceTypes",
    v1: "metaconfig/get_resource_types",
    method: "GET",
    async run(_manager, parameters) {
      checkParameters(emptySchema, parameters);
      return ok(RESOURCE_TYPES, { StatusCode: STATUS_CODE.ok, Returns: true, ResourceTypes: RESOURCE_TYPES });
    },
  },
  {
    legacy: "getProxy",
    v1: "creds/get_proxy",
    method: "GET",
    run: noSecret(STATUS_CODE.proxy, "no proxy kept here"),
  },
  {
    legacy: "getKeyPair",
    v1: "creds/get_key_pair",
    method: "GET",
    run: noSecret(STATUS_CODE.keyMissing, "no key kept here"),
  },
  {
    legacy: "get_access_token",
    v1: "creds/get_access_token",
    method: "GET",
    run: noSecret(STATUS_CODE.proxy, "no token kept here"),
  },
  {
    legacy: "isAlive",
    v1: "system/is_alive",
    method: "GET",
    async run() {
      return ok("alive=yes", { StatusCode: STATUS_CODE.ok, alive: "yes" });
    },
  },
];
