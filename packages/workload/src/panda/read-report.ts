import { AlmagestError, parseJson } from "@almagest/base";
import type { Failure } from "../core/attempt-state.ts";
import type { OutputFile, PilotReport } from "../manager/report-attempt.ts";
import type { JobUpdate } from "./schemas.ts";

/** PanDA's update of a job as our report. Throws `WORKLOAD.REQUEST_INVALID` for an output report that cannot be read. */
export function readReport(update: JobUpdate): PilotReport {
  const { job_status: status } = update;
  const failure = status === "failed" ? readFailure(update) : undefined;
  const maxMemoryKb = update.max_pss ?? update.max_rss;
  const exitCode = update.trans_exit_code ?? update.exe_error_code;
  return {
    attemptId: update.job_id,
    // A pilot's "holding" only says that it tries to recover: a sign of life.
    status: status === "holding" ? "running" : status,
    ...(update.attempt_nr === undefined ? {} : { nr: update.attempt_nr }),
    ...(update.batch_id === undefined ? {} : { batchId: update.batch_id }),
    ...(failure === undefined ? {} : { failure }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(maxMemoryKb === undefined ? {} : { maxMemoryKb }),
    ...(update.cpu_consumption_time === undefined ? {} : { cpuSec: update.cpu_consumption_time }),
    outputs: status === "finished" ? readOutputs(update.job_output_report) : [],
  };
}

/** Who failed: the pilot's own code comes before the payload's. */
function readFailure(update: JobUpdate): Failure {
  const { pilot_error_code: pilot = 0, exe_error_code: payload = 0, trans_exit_code: exit = 0 } = update;
  if (pilot !== 0) return { source: "pilot", code: pilot, text: update.pilot_error_diag ?? "" };
  if (payload !== 0) return { source: "executor", code: payload, text: update.exe_error_diag ?? "" };
  return { source: "transform", code: exit, text: update.exe_error_diag ?? update.pilot_error_diag ?? "" };
}

function readOutputs(report: unknown): OutputFile[] {
  if (report === undefined || report === null || report === "") return [];
  const files: unknown = typeof report === "string" ? parseJson(report) : report;
  if (typeof files !== "object" || files === null || Array.isArray(files)) {
    throw new AlmagestError("WORKLOAD.REQUEST_INVALID", "job_output_report: not an object of files");
  }
  return Object.entries(files as Record<string, Record<string, unknown>>).map(([name, file]) => ({
    name,
    ...(file.fsize === undefined ? {} : { sizeBytes: Number(file.fsize) }),
    ...(file.adler32 === undefined ? {} : { checksum: `ad:${file.adler32}` }),
    ...(file.guid === undefined ? {} : { guid: String(file.guid) }),
    ...(file.endpoint === undefined ? {} : { endpoint: String(file.endpoint) }),
    ...(file.surl === undefined ? {} : { url: String(file.surl) }),
  }));
}
