import { AlmagestError } from "@almagest/base";

/** How many long answers may be under way. */
export interface QueryLimits {
  readonly total: number;
  readonly perCaller: number;
}

/** Gives out leave for long answers: `take` gives what returns it. Throws `BUTLER.SERVER_BUSY`, worth trying again. */
export function createQuerySlots(limits: QueryLimits): { take(subject: string): () => void } {
  let total = 0;
  const byCaller = new Map<string, number>();
  return {
    take: (subject) => {
      const own = byCaller.get(subject) ?? 0;
      if (total >= limits.total || own >= limits.perCaller) {
        throw new AlmagestError(
          "BUTLER.SERVER_BUSY",
          own >= limits.perCaller
            ? `You have ${own} queries under way; wait for one of them.`
            : "The server answers as many queries as it may; try again soon.",
          { retryable: true },
        );
      }
      total++;
      byCaller.set(subject, own + 1);
      let returned = false;
      return () => {
        if (returned) return;
        returned = true;
        total--;
        const left = byCaller.get(subject)! - 1;
        if (left === 0) byCaller.delete(subject);
        else byCaller.set(subject, left);
      };
    },
  };
}
