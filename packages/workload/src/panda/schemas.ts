import { AlmagestError } from "@almagest/base";
import { z } from "zod";
import type { Parameters } from "./decode-body.ts";

/** Texts of digits count as numbers; empty texts and the pilot's "NULL" and "None" count as absent. */
const absent = (value: unknown): unknown =>
  value === "" || value === "NULL" || value === "None" || value === null ? undefined : value;
/** A whole number, or its digits. */
export const integer = z.preprocess(absent, z.coerce.number().int());
/** The same, or nothing. */
export const optionalInteger = z.preprocess(absent, z.coerce.number().int().optional().catch(undefined));
const optionalNumber = z.preprocess(absent, z.coerce.number().optional().catch(undefined));
/** A text that may be absent. */
export const optionalText = z.preprocess(absent, z.coerce.string().optional());
const integers = z.preprocess(
  (value) =>
    typeof value === "string" ? value.split(/[\s,]+/).filter((word) => word !== "") : [value].flat(),
  z.array(z.coerce.number().int()),
);

/** A pilot asks for jobs. `wait_sec`, `request_id`, `cores` and `almagest` are our additions. */
export const acquireJobsSchema = z.object({
  site_name: z.string().min(1),
  node: optionalText,
  n_jobs: z.preprocess(absent, z.coerce.number().int().min(1).max(1000).default(1)),
  memory: optionalNumber,
  disk_space: optionalNumber,
  remaining_time: optionalNumber,
  task_id: optionalInteger,
  worker_id: optionalInteger,
  harvester_id: optionalText,
  cores: optionalInteger,
  request_id: optionalText,
  wait_sec: z.preprocess(absent, z.coerce.number().min(0).max(600).default(0)),
  /** Send our own form of the job beside PanDA's. */
  almagest: z.preprocess((value) => value === true || value === "true" || value === 1, z.boolean()),
});

/** A pilot reports on a job. */
export const updateJobSchema = z.object({
  job_id: integer,
  job_status: z.enum(["running", "failed", "finished", "holding", "starting", "transferring"]),
  attempt_nr: optionalInteger,
  batch_id: optionalText,
  node: optionalText,
  pilot_error_code: optionalInteger,
  pilot_error_diag: optionalText,
  exe_error_code: optionalInteger,
  exe_error_diag: optionalText,
  trans_exit_code: optionalInteger,
  cpu_consumption_time: optionalNumber,
  /** `getjob|stage-in|payload|stage-out|initial setup|setup`, seconds. */
  pilot_timing: optionalText,
  max_pss: optionalNumber,
  max_rss: optionalNumber,
  /** JSON text `{lfn: {guid, fsize, adler32, surl, endpoint}}`, or that object. */
  job_output_report: z.unknown().optional(),
});

/** A report as checked. */
export type JobUpdate = z.infer<typeof updateJobSchema>;

/** Many reports at once; each is judged on its own. */
export const updateJobsBulkSchema = z.object({
  job_list: z.array(z.record(z.string(), z.unknown())).min(1).max(10_000),
  harvester_id: optionalText,
});

/** A question for the status of jobs. */
export const jobStatusSchema = z.object({ job_ids: integers });

/** A pilot says that it began or ended. */
export const workerStatusSchema = z.object({
  worker_id: integer,
  harvester_id: z.string(),
  status: z.enum(["started", "finished"]),
  site: optionalText,
  node_id: optionalText,
});

/** What a call takes when it takes nothing. */
export const emptySchema = z.object({});

/** Checks parameters; throws `WORKLOAD.REQUEST_INVALID` naming the first field that is wrong. */
export function checkParameters<S extends z.ZodType>(schema: S, parameters: Parameters): z.infer<S> {
  const result = schema.safeParse(parameters);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const name = issue.path.join(".");
  throw new AlmagestError("WORKLOAD.REQUEST_INVALID", `${name}: ${issue.message}`, { fields: { name } });
}
