import { setTimeout as sleep } from "node:timers/promises";
import { AlmagestError } from "@almagest/base";
import type { LogLine } from "../logs/log-store.ts";
import { toLokiPush } from "../logs/loki-push.ts";
import type { JobOrder } from "../manager/acquire-jobs.ts";

/** How a pilot reaches its server. */
export interface ClientOptions {
  readonly url: string;
  readonly token?: string;
  /** Give up when the server was not reached for so long; one hour unless told. */
  readonly lostMs?: number;
  /** Send a call again that was not answered for so long, on a new connection: whoever answers it may be gone behind a
   * network that was cut. One minute unless told. */
  readonly answerMs?: number;
}

/** A job as the server hands it out: with its place in a trace, where traces are kept. */
export type TracedOrder = JobOrder & { readonly traceparent?: string };

/** A report in v1's words. */
export type Update = Readonly<Record<string, string | number>> & {
  readonly job_id: number;
  readonly job_status: string;
};

interface Envelope {
  readonly success: boolean;
  readonly message: string;
  readonly data: unknown;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;

/** Speaks the v1 pilot calls; a call that does not get through is sent again until it does or the server is lost. */
export class PilotClient {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #lostMs: number;
  readonly #answerMs: number;

  constructor({ url, token, lostMs = 3_600_000, answerMs = 60_000 }: ClientOptions) {
    this.#url = url;
    this.#answerMs = answerMs;
    this.#lostMs = lostMs;
    this.#headers = { "content-type": "application/json" };
    if (token !== undefined) this.#headers.authorization = `Bearer ${token}`;
  }

  /** Throws `WORKLOAD.PILOT_LOST`. */
  async #call(path: string, body: unknown, signal?: AbortSignal, waitMs = 0): Promise<Envelope> {
    const deadline = performance.now() + this.#lostMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        const response = await fetch(`${this.#url}/api/v1/${path}`, {
          method: "POST",
          headers: this.#headers,
          body: JSON.stringify(body),
          signal: AbortSignal.any([
            ...(signal === undefined ? [] : [signal]),
            AbortSignal.timeout(waitMs + this.#answerMs),
          ]),
        });
        if (response.ok) return (await response.json()) as Envelope;
        await response.body?.cancel();
        if (response.status < 500) throw refused(path, response.status);
      } catch (cause) {
        if (signal?.aborted || cause instanceof AlmagestError) throw cause;
        if (performance.now() > deadline) {
          throw new AlmagestError("WORKLOAD.PILOT_LOST", `The server ${this.#url} cannot be reached.`, {
            cause,
          });
        }
      }
      await sleep(pauseMs, undefined, signal === undefined ? {} : { signal });
    }
  }

  /** Asks for jobs and waits up to `wait_sec` for some; an answer that is lost is given again by the request id. */
  async acquire(
    offer: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): Promise<readonly TracedOrder[]> {
    const waitMs = Number(offer.wait_sec ?? 0) * 1000;
    const { data } = await this.#call("pilot/acquire_jobs", { ...offer, almagest: true }, signal, waitMs);
    if (data === null) return [];
    return (data as { jobs: readonly { almagest: TracedOrder }[] }).jobs.map(({ almagest }) => almagest);
  }

  /** Reports; gives true when the job must be stopped. */
  async update(update: Update): Promise<boolean> {
    const { success, message, data } = await this.#call("pilot/update_job", update);
    if (!success)
      throw new AlmagestError("WORKLOAD.REQUEST_INVALID", `The server refused a report: ${message}.`);
    return (data as { command: string }).command === "tobekilled";
  }

  /** Pushes lines of logs, once; a server that keeps none may leave them. Throws when they did not arrive. */
  async pushLogs(lines: readonly LogLine[]): Promise<void> {
    const response = await fetch(`${this.#url}/loki/api/v1/push`, {
      method: "POST",
      headers: this.#headers,
      body: JSON.stringify(toLokiPush(lines)),
      signal: AbortSignal.timeout(10_000),
    });
    await response.body?.cancel();
    if (response.status >= 500 || response.status === 429) throw refused("loki/api/v1/push", response.status);
  }

  /** Says that this pilot began or ended. */
  async updateWorker(workerId: number, harvester: string, status: "started" | "finished"): Promise<void> {
    await this.#call("pilot/update_worker_status", { worker_id: workerId, harvester_id: harvester, status });
  }
}

function refused(path: string, status: number): AlmagestError {
  return new AlmagestError(
    "WORKLOAD.PILOT_LOST",
    `The server refuses ${path} with status ${status}; check the token.`,
  );
}
