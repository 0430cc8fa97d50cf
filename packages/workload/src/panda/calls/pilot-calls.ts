import { isAlmagestError, type Json } from "@almagest/base";
import type { z } from "zod";
import type { PilotOffer } from "../../manager/acquire-jobs.ts";
import {
  type Answer,
  type Call,
  type CallContext,
  defineCall,
  ok,
  type Services,
  STATUS_CODE,
  toJson,
} from "../call.ts";
import { toPandaJob } from "../job-fields.ts";
import { readReport } from "../read-report.ts";
import {
  acquireJobsSchema,
  checkParameters,
  type JobUpdate,
  jobStatusSchema,
  updateJobSchema,
  updateJobsBulkSchema,
  workerStatusSchema,
} from "../schemas.ts";

async function acquireJobs(
  { manager, tracer }: Services,
  asked: z.infer<typeof acquireJobsSchema>,
  { signal }: CallContext,
): Promise<Answer> {
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
  const jobs = await Promise.all(
    orders.map(async (order) => {
      const trace = tracer === undefined ? {} : { traceparent: await tracer.traceparentOf(order) };
      const own = asked.almagest ? { almagest: toJson({ ...order, ...trace }) } : {};
      return { ...toPandaJob(order), ...own };
    }),
  );
  return ok({ StatusCode: STATUS_CODE.ok, jobs }, jobs[0]!);
}

async function updateJob({ manager, tracer }: Services, update: JobUpdate): Promise<Answer> {
  // Before the report is booked: its spans may be made at once after.
  if (update.pilot_timing !== undefined) tracer?.noteTiming(update.job_id, update.pilot_timing);
  const { command } = await manager.report(readReport(update));
  return ok({ StatusCode: STATUS_CODE.ok, command });
}

async function updateJobsBulk(
  services: Services,
  { job_list: jobs }: z.infer<typeof updateJobsBulkSchema>,
): Promise<Answer> {
  const answers = await Promise.all(
    jobs.map(async (job): Promise<Json> => {
      try {
        const { success, message, data } = await updateJob(services, checkParameters(updateJobSchema, job));
        return { success, message, data };
      } catch (error) {
        if (!isAlmagestError(error, "WORKLOAD.REQUEST_INVALID")) throw error;
        return { success: false, message: error.message, data: null };
      }
    }),
  );
  return ok(answers);
}

async function getStatus(
  { manager }: Services,
  { job_ids: ids }: z.infer<typeof jobStatusSchema>,
): Promise<Answer> {
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

/** What pilots call. */
export const PILOT_CALLS: readonly Call[] = [
  defineCall({
    legacy: "getJob",
    v1: "pilot/acquire_jobs",
    method: "POST",
    needs: "pilot",
    summary: "Hands jobs to a pilot; waits for some up to `wait_sec`.",
    parameters: acquireJobsSchema,
    run: acquireJobs,
  }),
  defineCall({
    legacy: "updateJob",
    v1: "pilot/update_job",
    method: "POST",
    needs: "pilot",
    summary: "Takes a pilot's report on a job; the answer says when it must be stopped.",
    parameters: updateJobSchema,
    run: updateJob,
  }),
  defineCall({
    legacy: "updateJobsInBulk",
    v1: "pilot/update_jobs_bulk",
    method: "POST",
    needs: "pilot",
    summary: "Takes many reports, each judged on its own.",
    parameters: updateJobsBulkSchema,
    run: updateJobsBulk,
  }),
  defineCall({
    legacy: "getStatus",
    v1: "pilot/get_job_status",
    method: "GET",
    needs: "pilot",
    summary: "Says the status of jobs.",
    parameters: jobStatusSchema,
    run: getStatus,
  }),
  defineCall({
    legacy: "updateWorkerPilotStatus",
    v1: "pilot/update_worker_status",
    method: "POST",
    needs: "pilot",
    summary: "A pilot says that it began or ended.",
    parameters: workerStatusSchema,
    async run({ manager }, { worker_id: id, status }) {
      await manager.seeWorker(id, status === "started" ? "running" : "finished", "");
      return ok({ StatusCode: STATUS_CODE.ok });
    },
  }),
];
