import { mayLead, type Share, shareLoad } from "./facility-shares.ts";
import type { Queue } from "./resources.ts";

/** A queue that may take a job, and how full it is. */
export interface Candidate {
  readonly queue: Queue;
  /** Attempts waiting there for a pilot. */
  readonly activated: number;
  /** Attempts there that a pilot has. */
  readonly running: number;
}

/** How many more attempts the queue may be given now: it keeps as many waiting as run, and at least its backlog. */
export function queueRoom({ queue, activated, running }: Candidate): number {
  const backlog = Math.max(queue.backlog, running) - activated;
  const limit = (queue.maxActive ?? Number.POSITIVE_INFINITY) - activated - running;
  return Math.max(0, Math.min(backlog, limit));
}

/** Whether so many wait at the queue that it need not be filled up before a thirty-second of them has been taken: a commit
 * that brokers a hundred jobs costs hardly more than one that brokers one. */
export function isStocked({ queue, activated, running }: Candidate): boolean {
  return activated * 32 > Math.max(queue.backlog, running) * 31;
}

/** Whether brokerage has something to do: `ready` jobs wait, and a queue lacks work or could take them all. */
export function wantsJobs(candidates: readonly Candidate[], ready: number): boolean {
  if (ready === 0) return false;
  const room = candidates.reduce((sum, candidate) => sum + queueRoom(candidate), 0);
  return room > 0 && (ready <= room || candidates.some((one) => queueRoom(one) > 0 && !isStocked(one)));
}

/** What a choice must know of the facilities' shares. */
export interface ShareView {
  readonly shares: ReadonlyMap<string, Share>;
  /** Facilities that could run the job and whose pilots were seen lately. */
  readonly lively: ReadonlySet<string>;
  /** What the job will be charged. */
  readonly coreSec: number;
}

/**
 * Chooses among the queues with room: first the facility farthest behind its share, then the queue with the shortest
 * wait (waiting against running, as PanDA weighs), then the lowest id. A facility far ahead of its share waits for the others that could run the job. Gives
 * undefined when none may take it.
 */
export function chooseQueue(
  candidates: readonly Candidate[],
  { shares, lively, coreSec }: ShareView,
): Candidate | undefined {
  let best: Candidate | undefined;
  let bestLoad = 0;
  let bestWait = 0;
  for (const candidate of candidates) {
    if (queueRoom(candidate) === 0) continue;
    if (shares.size > 0 && !mayLead(shares, candidate.queue.facility, lively, coreSec)) continue;
    const load = shares.size === 0 ? 0 : shareLoad(shares.get(candidate.queue.facility));
    const wait = candidate.activated / (candidate.running + 1);
    if (best === undefined || load < bestLoad || (load === bestLoad && wait < bestWait)) {
      best = candidate;
      bestLoad = load;
      bestWait = wait;
    }
  }
  return best;
}
