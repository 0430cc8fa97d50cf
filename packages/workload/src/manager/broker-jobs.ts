import { sql } from "@almagest/database";
import type { Attempt } from "../core/attempt-state.ts";
import { type Job, stepJob } from "../core/job-state.ts";
import { putAttempt, putJob } from "../core/slice.ts";
import { isTaskOpen, roomForScouts } from "../core/task-state.ts";
import { type Candidate, chooseQueue, queueRoom, wantsJobs } from "../scheduling/choose-queue.ts";
import { shareLoad } from "../scheduling/facility-shares.ts";
import { predictRequest } from "../scheduling/learn-usage.ts";
import { type Refusal, refuseQueue } from "../scheduling/refuse-queue.ts";
import type { Queue, ResourceClass, ResourceRequest } from "../scheduling/resources.ts";
import { loadNeed } from "../store/slice-store.ts";
import type { Commit } from "./commit.ts";
import { chargeInAdvance, type TaskRecord, type World } from "./world.ts";

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

/** How many more jobs of a task may be active now: what its scouts and its own limit leave. */
export function roomOfTask({ spec, state }: TaskRecord): number {
  const limit = spec.maxActive ?? Number.POSITIVE_INFINITY;
  return Math.max(0, Math.min(roomForScouts(state), limit - state.counts.active));
}

/** Classes with ready jobs whose task may run: those of the group of tasks farthest behind its share first, and in a group
 * the most urgent. */
function openClasses({ world }: Commit): ResourceClass[] {
  const classes = Array.from(world.ready.keys(), (id) => world.classes.get(id)!);
  const taskOf = (entry: ResourceClass): TaskRecord => world.tasks.get(entry.taskId)!;
  const loadOf = (entry: ResourceClass): number =>
    world.groupShares.size === 0 ? 0 : shareLoad(world.groupShares.get(taskOf(entry).spec.share ?? ""));
  const urgency = (entry: ResourceClass): number => taskOf(entry).spec.priority ?? 900;
  return classes
    .filter((entry) => isTaskOpen(taskOf(entry).state.status))
    .map((entry) => ({ entry, load: loadOf(entry) }))
    .sort(
      (a, b) =>
        (a.load === b.load ? 0 : a.load - b.load) ||
        urgency(b.entry) - urgency(a.entry) ||
        a.entry.id - b.entry.id,
    )
    .map(({ entry }) => entry);
}

/** Jobs of one group of tasks that are assigned before the groups are compared anew. */
const GROUP_STRIDE = 50;

/** Gives ready jobs to queues with room, and records why others cannot take them. Gives true when work was cut short
 * and another commit should go on. */
export async function brokerJobs(commit: Commit): Promise<boolean> {
  const { world } = commit;
  if (world.ready.size === 0 || world.queues.size === 0) return false;
  const fresh = readyInSlice(commit);
  let left = MAX_PER_COMMIT;
  const fruitless = new Set<number>();
  const grouped = world.groupShares.size > 0;
  for (let again = true; again; ) {
    again = false;
    for (const entry of openClasses(commit)) {
      if (left === 0) return true;
      if (fruitless.has(entry.id)) continue;
      const most = grouped ? Math.min(left, GROUP_STRIDE) : left;
      const assigned = await brokerClass(commit, entry, most, fresh.get(entry.id) ?? []);
      left -= assigned;
      if (assigned < most) fruitless.add(entry.id);
      // Each stride moves the shares, so whose turn it is must be asked again.
      again = grouped && assigned > 0;
      if (again) break;
    }
  }
  return left === 0;
}

/** Whether another commit could assign jobs, as far as counts tell. */
export function couldBroker({ queues, loads, ready }: World): boolean {
  if (ready.size === 0) return false;
  const candidates = Array.from(queues.values(), (queue) => ({ queue, ...loads.get(queue.id)! }));
  for (const count of ready.values()) if (wantsJobs(candidates, count)) return true;
  return false;
}

/** Ready jobs that this commit has not written yet, by class, lowest id first. */
function readyInSlice({ slice }: Commit): Map<number, number[]> {
  const byClass = new Map<number, number[]>();
  for (const [id, classId] of slice.readyIn) {
    const list = byClass.get(classId);
    if (list === undefined) byClass.set(classId, [id]);
    else list.push(id);
  }
  for (const list of byClass.values()) list.sort((a, b) => a - b);
  return byClass;
}

async function brokerClass(
  commit: Commit,
  entry: ResourceClass,
  most: number,
  fresh: readonly number[],
): Promise<number> {
  const { world } = commit;
  const request = effectiveRequest(commit, entry);
  const candidates: Candidate[] = [];
  for (const queue of world.queues.values()) {
    const refusal = refuseQueue(request, queue);
    await recordRefusal(commit, entry.id, queue.id, refusal);
    if (refusal === undefined) candidates.push({ queue, ...world.loads.get(queue.id)! });
  }
  const ready = Math.min(world.ready.get(entry.id) ?? 0, most, roomOfTask(world.tasks.get(entry.taskId)!));
  if (ready <= 0 || !wantsJobs(candidates, ready)) return 0;
  const room = candidates.reduce((sum, candidate) => sum + queueRoom(candidate), 0);
  const count = Math.min(ready, room);
  return assignJobs(commit, entry, request, candidates, await nextReady(commit, entry.id, count, fresh));
}

/** The ready jobs of a class with the lowest ids, from the database and from what this commit made ready. */
async function nextReady(
  commit: Commit,
  classId: number,
  count: number,
  fresh: readonly number[],
): Promise<Job[]> {
  const { db, slice, world } = commit;
  const own = fresh.filter((id) => slice.readyIn.get(id) === classId);
  let stored: number[] = [];
  if ((world.ready.get(classId) ?? 0) > own.length) {
    const from = world.readyFrom.get(classId) ?? 0;
    const rows = await db.rows(sql`SELECT id FROM ready_job WHERE class_id = ${classId} AND id >= ${from}
      ORDER BY id LIMIT ${count + slice.readyOut.size}`);
    stored = rows
      .map(([id]) => Number(id))
      .filter((id) => !slice.readyOut.has(id))
      .slice(0, count);
  }
  const ids = [...own, ...stored].sort((a, b) => a - b).slice(0, count);
  const jobs = ids.filter((id) => !slice.jobs.has(id));
  await loadNeed(db, world.live, slice, { jobs, attempts: [], childrenOf: [], parentsOf: [] });
  return ids.map((id) => slice.jobs.get(id)!);
}

function livelyFacilities(commit: Commit, candidates: readonly Candidate[]): ReadonlySet<string> {
  const lively = candidates.filter(({ queue }) => {
    const seenMs = commit.world.pilotSeenMs.get(queue.id);
    return seenMs !== undefined && commit.nowMs - seenMs < LIVELY_MS;
  });
  return new Set(lively.map(({ queue }) => queue.facility));
}

function assignJobs(
  commit: Commit,
  entry: ResourceClass,
  request: ResourceRequest,
  candidates: Candidate[],
  jobs: readonly Job[],
): number {
  const { world, slice } = commit;
  const coreSec = request.cores * request.wallSec;
  const view = { shares: world.shares, lively: livelyFacilities(commit, candidates), coreSec };
  let assigned = 0;
  for (const job of jobs) {
    const chosen = chooseQueue(candidates, view);
    if (chosen === undefined) break;
    candidates[candidates.indexOf(chosen)] = { ...chosen, activated: chosen.activated + 1 };
    const attemptId = world.next.attempt++;
    const { state } = stepJob(job, { kind: "assign", attemptId });
    putJob(slice, job, state);
    addAttempt(commit, state, attemptId, chosen.queue, request);
    world.readyFrom.set(entry.id, Math.max(world.readyFrom.get(entry.id) ?? 0, job.id + 1));
    assigned++;
  }
  commit.book();
  return assigned;
}

/** Makes the attempt that a job's step was told of, waiting at `queue`. */
export function addAttempt(
  commit: Commit,
  job: Job,
  id: number,
  queue: Queue,
  { memoryMb, wallSec, cores }: ResourceRequest,
): void {
  const { holdOutputs = false } = commit.world.tasks.get(job.taskId)!.spec;
  const attempt: Attempt = {
    id,
    jobId: job.id,
    nr: job.tries,
    status: "activated",
    queueId: queue.id,
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
  putAttempt(commit.slice, undefined, attempt);
  chargeInAdvance(commit.world, attempt, job.taskId);
  commit.log("a", id, "activated", queue.name, job.id);
}
