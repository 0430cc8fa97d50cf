import { sql } from "@almagest/database";
import { decayShare } from "../scheduling/facility-shares.ts";
import { dropEvents, readSubscribers } from "../store/event-log.ts";
import type { Commit } from "./commit.ts";
import type { CommitQueue } from "./commit-queue.ts";
import { cancelJobs } from "./control-tasks.ts";
import { raceStragglers } from "./race-stragglers.ts";
import { type SilenceLimits, SWEEP_PER_COMMIT, sweepLost } from "./sweep-lost.ts";

/** Gives up silent attempts, ages the shares by `elapsedMs`, races stragglers, cuts the event log to what is to be kept and
 * ends what a stopped kill left. Gives the number of attempts given up. */
export async function doPeriodicWork(
  commits: CommitQueue,
  elapsedMs: number,
  silence: SilenceLimits,
  keepEvents: number,
): Promise<number> {
  let lost = 0;
  for (let more = true; more; ) {
    const given = await commits.submit((commit) => sweepLost(commit, silence));
    lost += given;
    more = given === SWEEP_PER_COMMIT;
  }
  await commits.submit(async (commit) => {
    for (const shares of [commit.world.shares, commit.world.groupShares]) {
      for (const [name, share] of shares) shares.set(name, decayShare(share, elapsedMs));
    }
    await commit.db.run(sql`DELETE FROM lease WHERE time_ms < ${commit.nowMs - silence.runningMs}`);
    await raceStragglers(commit);
    await trimLog(commit, keepEvents);
  });
  for (const { id, state } of commits.world.tasks.values()) {
    if (state.status === "aborting" || state.status === "finishing") await cancelJobs(commits, id);
  }
  return lost;
}

async function trimLog({ db, world }: Commit, keepEvents: number): Promise<void> {
  const wanted = world.next.event - keepEvents;
  // A subscriber that is down may fall behind, but not so far that the log grows for ever.
  const unread = Math.min(...(await readSubscribers(db)).values(), Number.POSITIVE_INFINITY) + 1;
  const keepFrom = Math.max(Math.min(wanted, unread), wanted - 3 * keepEvents);
  if (keepFrom > 1) await dropEvents(db, keepFrom);
}
