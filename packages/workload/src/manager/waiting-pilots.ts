import type { SqlValue } from "@almagest/database";
import type { Attempt } from "../core/attempt-state.ts";
import { insertRows } from "../store/bulk-sql.ts";
import {
  chooseAttempts,
  describeOrders,
  dispatch,
  type JobOrder,
  leasedBefore,
  type PilotOffer,
} from "./acquire-jobs.ts";
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
  /** How long what the last commit handed out had waited for a pilot, in milliseconds. */
  lastWaitsMs: readonly number[] = [];

  get size(): number {
    return this.#waiters.size;
  }

  add(offer: PilotOffer, signal?: AbortSignal): Promise<readonly JobOrder[]> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        // A timer left running would hold an ending process.
        clearTimeout(timer);
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
    const { world, nowMs } = commit;
    const examined = [...this.#waiters];
    const queueIds = new Map([...world.queues.values()].map(({ id, name }) => [name, id]));
    const given: { waiter: Waiter; attempts: readonly Attempt[] }[] = [];
    const leases: SqlValue[][] = [];
    for (const waiter of examined) {
      waiter.serving = true;
      const { offer } = waiter;
      const queueId = queueIds.get(offer.queue);
      if (queueId !== undefined) world.pilotSeenMs.set(queueId, nowMs);
      const again =
        offer.requestId !== undefined && waiter.fresh
          ? await leasedBefore(commit, offer.requestId)
          : undefined;
      if (again !== undefined) {
        given.push({ waiter, attempts: again });
        continue;
      }
      const attempts = queueId === undefined ? [] : chooseAttempts(commit, queueId, offer);
      if (attempts.length === 0 && waiter.timer !== undefined) continue;
      given.push({ waiter, attempts });
      const { worker, requestId } = offer;
      await dispatch(
        commit,
        attempts.map((attempt) => ({ attempt, worker })),
      );
      if (requestId !== undefined && attempts.length > 0) {
        leases.push([requestId, attempts.map(({ id }) => id).join(" "), nowMs]);
      }
    }
    await insertRows(commit.db, "lease", { request: "text", attempts: "text", time_ms: "bigint" }, leases);
    const orders = await describeOrders(
      commit,
      given.flatMap(({ attempts }) => attempts),
    );
    this.lastWaitsMs = given.flatMap(({ attempts }) => attempts.map(({ createdMs }) => nowMs - createdMs));
    return () => {
      this.tookWork = given.some(({ attempts }) => attempts.length > 0);
      for (const waiter of examined) {
        waiter.fresh = false;
        waiter.serving = false;
      }
      for (const { waiter, attempts } of given) {
        clearTimeout(waiter.timer);
        this.#waiters.delete(waiter);
        waiter.resolve(attempts.map(({ id }) => orders.get(id)!));
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
