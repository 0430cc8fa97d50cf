import { acquireJobs, type JobOrder, type PilotOffer } from "./acquire-jobs.ts";
import type { Commit } from "./commit.ts";

interface Waiter {
  readonly offer: PilotOffer;
  timer: NodeJS.Timeout | undefined;
  /** Asked for the first time: it is answered even when there is nothing and it does not wait. */
  fresh: boolean;
  /** Its answer is being made durable; it cannot leave now. */
  serving: boolean;
  resolve(orders: readonly JobOrder[]): void;
  reject(error: unknown): void;
}

/** Pilots that ask for work. They are served at the end of every commit, after brokerage, so that a child released by
 * its parent's success is handed out in the same commit. */
export class WaitingPilots {
  readonly #waiters = new Set<Waiter>();
  /** True when the last commit handed out work. */
  tookWork = false;

  get size(): number {
    return this.#waiters.size;
  }

  add(offer: PilotOffer, signal?: AbortSignal): Promise<readonly JobOrder[]> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        if (waiter.serving) waiter.timer = undefined;
        else if (this.#waiters.delete(waiter)) waiter.resolve([]);
      };
      const { waitMs = 0 } = offer;
      const timer = waitMs > 0 ? setTimeout(leave, waitMs) : undefined;
      const waiter: Waiter = { offer, timer, fresh: true, serving: false, resolve, reject };
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  /** Gives work to those who wait; the function returned answers them once the commit is durable. */
  async serve(commit: Commit): Promise<() => void> {
    const answers: [Waiter, readonly JobOrder[]][] = [];
    const examined = [...this.#waiters];
    const loads = new Map([...commit.world.queues.values()].map(({ id, name }) => [name, id]));
    for (const waiter of examined) {
      waiter.serving = true;
      const queueId = loads.get(waiter.offer.queue);
      if (queueId !== undefined) commit.world.pilotSeenMs.set(queueId, commit.nowMs);
      const activated = queueId === undefined ? 0 : (commit.world.loads.get(queueId)?.activated ?? 0);
      if (activated === 0 && !waiter.fresh && waiter.timer !== undefined) continue;
      const orders = await acquireJobs(commit, waiter.offer);
      if (orders.length > 0 || waiter.timer === undefined) answers.push([waiter, orders]);
    }
    return () => {
      this.tookWork = answers.some(([, orders]) => orders.length > 0);
      for (const waiter of examined) {
        waiter.fresh = false;
        waiter.serving = false;
      }
      for (const [waiter, orders] of answers) {
        clearTimeout(waiter.timer);
        this.#waiters.delete(waiter);
        waiter.resolve(orders);
      }
    };
  }

  /** Fails all who wait. */
  fail(error: unknown): void {
    for (const waiter of this.#waiters) {
      clearTimeout(waiter.timer);
      waiter.reject(error);
    }
    this.#waiters.clear();
  }

  /** Sends all away with nothing. */
  dismiss(): void {
    for (const waiter of this.#waiters) {
      clearTimeout(waiter.timer);
      waiter.resolve([]);
    }
    this.#waiters.clear();
  }
}
