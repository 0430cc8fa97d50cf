import type { LogLine } from "./log-store.ts";

/** Severities of Cloud Logging by our levels; any other is DEFAULT. */
const SEVERITIES: Readonly<Record<string, string>> = {
  debug: "DEBUG",
  info: "INFO",
  warn: "WARNING",
  error: "ERROR",
};

/** Cloud Logging refuses entries above 256 kB; the rest of an entry is small. */
const LONGEST_TEXT = 200_000;

/** The body of `POST /v2/entries:write` of Cloud Logging. */
export interface GoogleEntries {
  readonly logName: string;
  readonly partialSuccess: true;
  readonly entries: readonly Readonly<Record<string, unknown>>[];
}

/** Lines as Cloud Logging takes them; `insertId` gives each line an id by which one that comes twice is known. */
export function toGoogleEntries(
  project: string,
  log: string,
  lines: readonly LogLine[],
  insertId: (line: LogLine) => string,
): GoogleEntries {
  return {
    logName: `projects/${project}/logs/${encodeURIComponent(log)}`,
    partialSuccess: true,
    entries: lines.map((line) => ({
      // https://cloud.google.com/logging/docs/api/v2/resource-list: an application's task that is none of Google's.
      resource: {
        type: "generic_task",
        labels: {
          ...{ project_id: project, location: line.queue, namespace: "almagest" },
          ...{ job: line.task, task_id: String(line.jobId) },
        },
      },
      ...(line.timeMs > 0 ? { timestamp: new Date(line.timeMs).toISOString() } : {}),
      severity: SEVERITIES[line.level] ?? "DEFAULT",
      insertId: insertId(line),
      labels: {
        ...{ workflow: String(line.workflowId), task: line.task, job: String(line.jobId) },
        ...{ attempt: String(line.attemptId), queue: line.queue },
      },
      textPayload: line.text.slice(0, LONGEST_TEXT),
    })),
  };
}
