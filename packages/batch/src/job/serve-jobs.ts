import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { AlmagestError, parseJson } from "@almagest/base";
import type { FromWorker, ToWorker } from "@almagest/workload";

/** A failure that trying again mends, and one that it does not (as the exit codes of a job). */
const [LASTING, PASSING] = [1, 75];

/** What a warm worker needs. */
export interface ServeJobsOptions {
  /** Jobs come in, one per line. */
  readonly input: Readable;
  /** Answers go out. */
  readonly output: Writable;
  /** Takes messages for people. */
  readonly log: Writable;
  /** Runs one job by name. */
  readonly run: (job: string) => Promise<unknown>;
  readonly isLasting: (error: unknown) => boolean;
}

/** Runs jobs of a submission one after another as a pilot hands them in, until its input ends. */
export async function serveJobs({ input, output, log, run, isLasting }: ServeJobsOptions): Promise<void> {
  const say = (message: FromWorker): void => {
    output.write(`${JSON.stringify(message)}\n`);
  };
  say({ type: "ready" });
  for await (const line of createInterface({ input })) {
    const message = parseJson(line) as ToWorker;
    if (message.type !== "job") continue;
    const { attemptId, jobName } = message;
    try {
      await run(jobName);
      say({ type: "result", attemptId, status: "finished" });
    } catch (error) {
      const text = error instanceof AlmagestError ? `${error.code}: ${error.message}` : String(error);
      log.write(`${error instanceof Error ? (error.stack ?? text) : text}\n`);
      const code = isLasting(error) ? LASTING : PASSING;
      say({ type: "result", attemptId, status: "failed", error: { code: code!, text } });
    }
  }
}
