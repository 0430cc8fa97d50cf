import { setTimeout as sleep } from "node:timers/promises";
import { AlmagestError } from "@almagest/base";
import { runProgram } from "./run-program.ts";
import { findMarkedJobs } from "./slurm-query.ts";

/** What a busy or restarting controller says. */
const PASSING =
  /timed out|Unable to contact|Connection refused|temporarily unable|Transport endpoint|Zero Bytes/i;

const MOST_TRIES = 8;

/** Submits by `sbatch` with a comment that no other job has, and gives the job's number. A controller that does not answer is
 * asked again; as it may have taken the job all the same, the queue is searched for the comment first.
 * Throws `BATCH.COMMAND_FAILED`. */
export async function submitOnce(args: readonly string[], comment: string): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      return (await runProgram("sbatch", [`--comment=${comment}`, ...args])).trim().split(";")[0]!;
    } catch (error) {
      const isPassing = error instanceof AlmagestError && PASSING.test(error.message);
      if (!isPassing || tries === MOST_TRIES) throw error;
    }
    await sleep(500 * 2 ** tries);
    const found = (await findMarkedJobs(comment)).find((job) => job.comment === comment);
    if (found) return found.id;
  }
}
