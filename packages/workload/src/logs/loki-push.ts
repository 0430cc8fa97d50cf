import type { LogLine } from "./log-store.ts";

/** The JSON body of Loki's `POST /loki/api/v1/push`: streams of labels, and lines with their time in nanoseconds. */
export interface LokiPush {
  readonly streams: readonly {
    readonly stream: Readonly<Record<string, string>>;
    readonly values: readonly (readonly [string, string])[];
  }[];
}

/** Lines as Loki takes them, a stream per job. */
export function toLokiPush(lines: readonly LogLine[]): LokiPush {
  const streams = new Map<string, { stream: Record<string, string>; values: [string, string][] }>();
  for (const { timeMs, text, workflowId, jobId, attemptId, task, queue, level } of lines) {
    const stream = {
      ...{ workflow: String(workflowId), task, job: String(jobId), attempt: String(attemptId), queue, level },
    };
    const key = JSON.stringify(stream);
    const known = streams.get(key) ?? { stream, values: [] as [string, string][] };
    known.values.push([`${timeMs}000000`, text]);
    streams.set(key, known);
  }
  return { streams: [...streams.values()] };
}
