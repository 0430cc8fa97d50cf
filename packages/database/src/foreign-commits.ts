/** SQL whose answer `observe` understands. */
export const SNAPSHOT_SQL = "SELECT pg_current_snapshot()::text";

/**
 * Counts the transactions that others completed, from the server's snapshots: `xmin:xmax:running`. All numbers below xmax
 * that are not running have completed, so that count grows whenever anybody's transaction ends; ours are taken off. Where
 * it is not certain that a transaction was ours it counts as foreign: caches are then emptied once in vain.
 */
export interface ForeignCommits {
  /** The count as a snapshot (taken outside own transactions that have written) tells it. */
  observe(snapshot: string): number;
  /** Say that a transaction of ours is about to be committed; call the result when it is. */
  committing(): (wroteOnce: boolean) => void;
}

/** A counter that knows no transaction of ours yet. */
export function createForeignCommits(): ForeignCommits {
  let observations = 0;
  let own = 0;
  return {
    observe: (snapshot) => {
      observations++;
      const [, xmax, running] = snapshot.split(":") as [string, string, string];
      const count = running === "" ? 0 : running.split(",").length;
      return Number(xmax) - count - own;
    },
    committing: () => {
      const before = observations;
      return (wroteOnce) => {
        // An observation meanwhile may already have counted it as foreign; taking it off then could hide another's.
        if (wroteOnce && observations === before) own++;
      };
    },
  };
}
