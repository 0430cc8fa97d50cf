import { isAttemptOver } from "../core/attempt-state.ts";
import { isJobOver } from "../core/job-state.ts";
import { edgesOf, type Model, type ModelState } from "./model-state.ts";

/** The promise that `next` breaks, if any. */
export function brokenPromise(model: Model, before: ModelState, next: ModelState): string | undefined {
  for (const job of next.jobs) {
    const live = next.attempts.filter((attempt) => attempt.jobId === job.id && !isAttemptOver(attempt));
    if (next.successes[job.id - 1]! > 1) return `job ${job.id} succeeded twice`;
    if (next.attempts.filter((a) => a.jobId === job.id && a.status === "finished").length > 1) {
      return `job ${job.id} has two finished attempts`;
    }
    const own = [job.attemptId, job.spareId].filter((id) => id !== 0).sort((a, b) => a - b);
    if (own.join() !== live.map(({ id }) => id).join() || (job.status === "active") !== own.length > 0) {
      return `job ${job.id} is ${job.status} with attempts ${own} and live ones ${live.map(({ id }) => id)}`;
    }
    if (live.length === 2 && live.some(({ status }) => status === "holding")) {
      return `job ${job.id} has a rival of an attempt whose outputs are being confirmed`;
    }
    const parents = edgesOf(model, job.id, "parent").map((edge) => ({
      ...edge,
      status: next.jobs[edge.job - 1]!.status,
    }));
    const unsatisfied = parents.filter(({ kind, status }) =>
      kind === "end" ? !isJobOver(status) : status !== "finished",
    );
    const early =
      before.jobs[job.id - 1]!.status === "waiting" || next.attempts.length > before.attempts.length;
    // A final job that was released stays so when a user retries a parent it waited for the end of.
    const barred = unsatisfied.filter(({ kind }) => kind === "success" || early);
    if (["ready", "active", "finished"].includes(job.status)) {
      const assigned = before.jobs[job.id - 1]!.status !== job.status;
      if (
        barred.some(({ kind }) => kind === "success") ||
        (assigned && job.status === "ready" && barred.length > 0)
      ) {
        return `job ${job.id} is ${job.status} before its parent`;
      }
    }
    if (job.status === "waiting") {
      if (job.waiting !== unsatisfied.length)
        return `job ${job.id} counts ${job.waiting} parents, ${unsatisfied.length} are open`;
      if (job.waiting === 0) return `job ${job.id} is stuck`;
      if (
        parents.some(({ kind, status }) => kind === "success" && status !== "finished" && isJobOver(status))
      ) {
        return `job ${job.id} is stuck behind a lost parent`;
      }
    }
  }
  return undefined;
}
