import { AlmagestError } from "@almagest/base";

/** For every status, the statuses that may follow it; a final status has none. */
export type TransitionTable<S extends string> = Readonly<Record<S, readonly S[]>>;

/** True when nothing follows `status`. */
export function isFinal<S extends string>(table: TransitionTable<S>, status: S): boolean {
  return table[status].length === 0;
}

/** Throws `WORKLOAD.TRANSITION` when `to` may not follow `from`: a bug or a damaged database, never a user's mistake. */
export function checkMove<S extends string>(table: TransitionTable<S>, what: string, from: S, to: S): void {
  if (from === to || table[from].includes(to)) return;
  throw new AlmagestError("WORKLOAD.TRANSITION", `A ${what} cannot go from ${from} to ${to}.`, {
    fields: { what, from, to },
  });
}
