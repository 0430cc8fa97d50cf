import { type Attempt, LIVE_STATUSES } from "../core/attempt-state.ts";
import { stepJob } from "../core/job-state.ts";
import { putJob } from "../core/slice.ts";
import { isTaskOpen } from "../core/task-state.ts";
import { chooseQueue } from "../scheduling/choose-queue.ts";
import { stragglerWallSec } from "../scheduling/learn-usage.ts";
import { refuseQueue } from "../scheduling/refuse-queue.ts";
import { addAttempt } from "./broker-jobs.ts";
import type { Commit } from "./commit.ts";

/** Of what runs, at most this part is raced, so that a slow farm does not run everything twice. */
const MOST_RACED = 0.02;

/**
 * Gives jobs that run far longer than their label's others a second attempt, at another queue where one fits. The first
 * to end well wins, the other is stopped in the same commit; a failure of one leaves the other running. Gives the number.
 */
export async function raceStragglers(commit: Commit): Promise<number> {
  const { world, slice } = commit;
  const { attempts, jobs } = world.live;
  let left = Math.ceil(attempts.size * MOST_RACED);
  for (const { spareId } of jobs.values()) if (spareId !== 0) left--;
  let raced = 0;
  for (const attempt of attempts.values()) {
    if (left <= raced) break;
    const job = jobs.get(attempt.jobId);
    if (job === undefined || job.spareId !== 0 || !isStraggler(commit, attempt)) continue;
    const entry = world.classes.get(job.classId)!;
    const request = { ...entry.request, memoryMb: attempt.memoryMb, wallSec: attempt.wallSec };
    const fitting = [...world.queues.values()].filter((queue) => refuseQueue(request, queue) === undefined);
    const others = fitting.filter(({ id }) => id !== attempt.queueId);
    const candidates = (others.length > 0 ? others : fitting).map((queue) => ({
      queue,
      ...world.loads.get(queue.id)!,
    }));
    const chosen = chooseQueue(candidates, { shares: new Map(), lively: new Set(), coreSec: 0 });
    if (chosen === undefined) continue;
    const attemptId = world.next.attempt++;
    const { state } = stepJob(job, { kind: "speculate", attemptId });
    putJob(slice, job, state);
    addAttempt(commit, state, attemptId, chosen.queue, request);
    commit.log(
      "j",
      job.id,
      "raced",
      `attempt ${attempt.nr} is slow at ${world.queues.get(attempt.queueId)!.name}`,
      job.id,
    );
    raced++;
  }
  commit.book();
  return raced;
}

function isStraggler({ world, nowMs }: Commit, attempt: Attempt): boolean {
  if (!LIVE_STATUSES.includes(attempt.status) || attempt.status === "holding" || attempt.startMs === 0)
    return false;
  const job = world.live.jobs.get(attempt.jobId)!;
  const { spec, state } = world.tasks.get(job.taskId)!;
  if (spec.speculate === false || !isTaskOpen(state.status)) return false;
  const limitSec = stragglerWallSec(world.learned.get(spec.label));
  return limitSec !== undefined && nowMs - attempt.startMs > limitSec * 1000;
}
