import type { Attempt } from "../core/attempt-state.ts";

/** Attempts that wait at one queue for a pilot: higher priority first, and among equals the older. Only ids are held; what
 * an attempt is now is asked of `find`, and one that no longer waits falls out when it is met. */
export class Backlog {
  readonly #byPriority = new Map<number, number[]>();
  #priorities: number[] = [];

  add({ id, priority }: Attempt): void {
    const list = this.#byPriority.get(priority);
    if (list !== undefined) {
      list.push(id);
      return;
    }
    this.#byPriority.set(priority, [id]);
    this.#priorities = [...this.#byPriority.keys()].sort((a, b) => b - a);
  }

  /** Takes out the first attempts that `take` says yes to, until it says `undefined`. */
  take(
    find: (id: number) => Attempt | undefined,
    take: (attempt: Attempt) => boolean | undefined,
  ): Attempt[] {
    const taken: Attempt[] = [];
    for (const priority of this.#priorities) {
      const list = this.#byPriority.get(priority)!;
      const kept: number[] = [];
      let seen = 0;
      let full = false;
      for (; seen < list.length && !full; seen++) {
        const attempt = find(list[seen]!);
        if (attempt?.status !== "activated") continue;
        const answer = take(attempt);
        if (answer) taken.push(attempt);
        else kept.push(attempt.id);
        full = answer === undefined;
      }
      if (seen > kept.length) list.splice(0, seen, ...kept);
      if (full) break;
    }
    return taken;
  }
}
