import { type Database, type SqlValue, sql } from "@almagest/database";
import type { AttemptReport, Failure, ReportVerdict } from "../core/attempt-state.ts";
import type { Commit } from "./commit.ts";

/** A file that an attempt wrote, as its pilot reports it at the end. */
export interface OutputFile {
  readonly name: string;
  readonly sizeBytes?: number;
  /** Such as `ad:0a1b2c3d`. */
  readonly checksum?: string;
  readonly guid?: string;
  readonly endpoint?: string;
  readonly url?: string;
}

/** A pilot's report on one attempt. */
export interface PilotReport extends AttemptReport {
  readonly attemptId: number;
  readonly outputs?: readonly OutputFile[];
}

/** The answer: what became of the report, and what the pilot must do. */
export interface ReportAnswer {
  readonly verdict: ReportVerdict;
  /** `tobekilled`: the attempt is not (or no longer) this pilot's; stop it. */
  readonly command: "NULL" | "tobekilled";
}

/** Takes a pilot's report. A final report may come twice: the second changes nothing. */
export async function reportAttempt(commit: Commit, report: PilotReport): Promise<ReportAnswer> {
  const { attemptId, outputs = [], ...rest } = report;
  const event = { kind: "report", nowMs: commit.nowMs, report: rest } as const;
  const [verdict] = await commit.tell([{ to: "attempt", id: attemptId, event }]);
  const attempt = commit.slice.attempts.get(attemptId);
  if (verdict === "taken" && report.status === "finished" && outputs.length > 0) {
    const status = attempt?.status === "finished" ? "finished" : "prepared";
    for (const file of outputs) commit.addOutput(toOutputRow(attempt!.jobId, attemptId, status, file));
  }
  const words = report.status === "finished" || report.status === "failed";
  const stop =
    verdict === "badattemptnr" || verdict === "otherbatch" || (verdict === "alreadydone" && !words);
  return { verdict: verdict!, command: stop ? "tobekilled" : "NULL" };
}

/** Says that the outputs of an attempt in `holding` are safe; gives false when it was not in holding (any more). */
export async function confirmOutputs(commit: Commit, attemptId: number): Promise<boolean> {
  const event = { kind: "confirm", nowMs: commit.nowMs } as const;
  const [verdict] = await commit.tell([{ to: "attempt", id: attemptId, event }]);
  if (verdict !== "taken") return false;
  await commit.flush();
  const { jobId } = commit.slice.attempts.get(attemptId)!;
  await commit.db.run(sql`UPDATE output_file SET status = 'finished'
    WHERE job_id = ${jobId} AND attempt_id = ${attemptId}`);
  return true;
}

/** Fails an attempt from the manager's side; gives false when it had ended. */
export async function failAttempt(commit: Commit, attemptId: number, failure: Failure): Promise<boolean> {
  const event = { kind: "fail", nowMs: commit.nowMs, failure } as const;
  const [verdict] = await commit.tell([{ to: "attempt", id: attemptId, event }]);
  return verdict === "taken";
}

function toOutputRow(
  jobId: number,
  attemptId: number,
  status: "prepared" | "finished",
  { name, sizeBytes, checksum, guid, endpoint, url }: OutputFile,
): SqlValue[] {
  const rest = [sizeBytes ?? null, checksum ?? null, guid ?? null, endpoint ?? null, url ?? null];
  return [jobId, name, attemptId, status, ...rest];
}

/** The files that a job's attempt reported, by name. */
export async function readOutputs(db: Database, jobId: number): Promise<readonly OutputFile[]> {
  const rows = await db.rows(sql`SELECT name, size_bytes, checksum, guid, endpoint, url FROM output_file
    WHERE job_id = ${jobId} ORDER BY name`);
  return rows.map(([name, size, checksum, guid, endpoint, url]) => ({
    name: String(name),
    ...(size === null ? {} : { sizeBytes: Number(size) }),
    ...(checksum === null ? {} : { checksum: String(checksum) }),
    ...(guid === null ? {} : { guid: String(guid) }),
    ...(endpoint === null ? {} : { endpoint: String(endpoint) }),
    ...(url === null ? {} : { url: String(url) }),
  }));
}
