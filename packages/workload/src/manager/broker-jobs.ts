import { sql } from "@almagest/database";
import type { Attempt } from "../core/attempt-state.ts";
import { stepJob } from "../core/job-state.ts";
import { putAttempt, putJob } from "../core/slice.ts";
import { isTaskOpen, roomForScouts } from "../core/task-state.ts";
import { type Candidate, chooseQueue, queueRoom } from "../scheduling/choose-queue.ts";
import { predictRequest } from "../scheduling/learn-usage.ts";
import { type Refusal, refuseQueue } from "../scheduling/refuse-queue.ts";
import type { ResourceClass, ResourceRequest } from "../scheduling/resources.ts";
import { loadNeed } from "../store/slice-store.ts";
import type { Commit } from "./commit.ts";

/** At most so many jobs are assigned in one commit, so that none takes long. */
const MAX_PER_COMMIT = 4000;

/** A queue without pilots for so long is thought to be down. */
const LIVELY_MS = 1_800_000;

/** What a class's jobs will really be given: what was learned of the label, unless a failure raised it. */
export function effectiveRequest(commit: Pick<Commit, "world">, entry: ResourceClass): ResourceRequest {
  const { spec } = commit.world.tasks.get(entry.taskId)!;
  if (entry.boosted || spec.learn === false) return entry.request;
  return predictRequest(entry.request, commit.world.learned.get(spec.label));
}

/** Writes a refusal down when it is news, and strikes out one that no longer holds. */
async function recordRefusal(
  commit: Commit,
  classId: number,
  queueId: number,
  refusal: Refusal | undefined,
): Promise<void> {
  const key = `${classId}/${queueId}`;
  const before = commit.world.refusals.get(key);
  if (before?.text === refusal?.text) return;
  if (refusal === undefined) {
    commit.world.refusals.delete(key);
    await commit.db.run(sql`DELETE FROM refusal WHERE class_id = ${classId} AND queue_id = ${queueId}`);
    return;
  }
  commit.world.refusals.set(key, refusal);
  const row = [classId, queueId, refusal.code, refusal.text, commit.nowMs];
  await commit.db.insertMany("refusal", ["class_id", "queue_id", "code", "text", "time_ms"], [row], {
    onConflict: { replaceBy: ["class_id", "queue_id"] },
  });
}

/** Classes with ready jobs whose task may run, most urgent first. */
function openClasses(commit: Commit): ResourceClass[] {
  const { world } = commit;
  const priority = (entry: ResourceClass): number => world.tasks.get(entry.taskId)!.spec.priority ?? 900;
  return Array.from(world.ready.keys(), (id) => world.classes.get(id)!)
    .filter((entry) => isTaskOpen(world.tasks.get(entry.taskId)!.state.status))
    .sort((a, b) => priority(b) - priority(a) || a.id - b.id);
}

/** Gives ready jobs to queues with room, and records why others cannot take them. Gives true when work was cut short
 * and another commit should go on. */
export async function brokerJobs(commit: Commit): Promise<boolean> {
  const { world } = commit;
  if (world.ready.size === 0 || world.queues.size === 0) return false;
  let left = MAX_PER_COMMIT;
  for (const entry of openClasses(commit)) {
    if (left === 0) return true;
    const request = effectiveRequest(commit, entry);
    const candidates: Candidate[] = [];
    for (const queue of world.queues.values()) {
      const refusal = refuseQueue(request, queue);
      await recordRefusal(commit, entry.id, queue.id, refusal);
      if (refusal === undefined) candidates.push({ queue, ...world.loads.get(queue.id)! });
    }
    const task = world.tasks.get(entry.taskId)!;
    const ready = Math.min(world.ready.get(entry.id) ?? 0, left, roomForScouts(task.state));
    const room = candidates.reduce((sum, candidate) => sum + queueRoom(candidate), 0);
    if (Math.min(ready, room) > 0)
      left -= await assignJobs(commit, entry, request, candidates, Math.min(ready, room));
  }
  return left === 0;
}

function livelyFacilities(commit: Commit, candidates: readonly Candidate[]): ReadonlySet<string> {
  const lively = candidates.filter(({ queue }) => {
    const seenMs = commit.world.pilotSeenMs.get(queue.id);
    return seenMs !== undefined && commit.nowMs - seenMs < LIVELY_MS;
  });
  return new Set(lively.map(({ queue }) => queue.facility));
}

async function assignJobs(
  commit: Commit,
  entry: ResourceClass,
  request: ResourceRequest,
  candidates: Candidate[],
  count: number,
): Promise<number> {
  const { world, slice } = commit;
  await commit.flush();
  const rows = await commit.db.rows(sql`SELECT id FROM job WHERE status = 'ready' AND class_id = ${entry.id}
    ORDER BY priority DESC, id LIMIT ${count}`);
  const ids = rows.map(([id]) => Number(id));
  const missing = ids.filter((id) => !slice.jobs.has(id));
  await loadNeed(commit.db, slice, { jobs: missing, attempts: [], childrenOf: [], parentsOf: [] });
  const { holdOutputs = false } = world.tasks.get(entry.taskId)!.spec;
  const { memoryMb, wallSec, cores } = request;
  const view = {
    shares: world.shares,
    lively: livelyFacilities(commit, candidates),
    coreSec: cores * wallSec,
  };
  let assigned = 0;
  for (const id of ids) {
    const chosen = chooseQueue(candidates, view);
    if (chosen === undefined) break;
    candidates[candidates.indexOf(chosen)] = { ...chosen, activated: chosen.activated + 1 };
    const job = slice.jobs.get(id)!;
    const attemptId = world.next.attempt++;
    const { state } = stepJob(job, { kind: "assign", attemptId });
    putJob(slice, job, state);
    const attempt: Attempt = {
      id: attemptId,
      jobId: id,
      nr: state.tries,
      status: "activated",
      queueId: chosen.queue.id,
      priority: job.priority,
      memoryMb,
      wallSec,
      cores,
      holdOutputs,
      worker: "",
      batchId: "",
      createdMs: commit.nowMs,
      changedMs: commit.nowMs,
      heartbeatMs: commit.nowMs,
      startMs: 0,
      endMs: 0,
      failure: undefined,
      exitCode: undefined,
      maxMemoryKb: 0,
      cpuSec: 0,
    };
    putAttempt(slice, undefined, attempt);
    commit.charge(chosen.queue.facility, cores * wallSec);
    commit.log("a", attemptId, "activated", `job ${id} at ${chosen.queue.name}`);
    assigned++;
  }
  commit.book();
  return assigned;
}
