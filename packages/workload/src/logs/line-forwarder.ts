import { setTimeout as sleep } from "node:timers/promises";
import { isAlmagestError, type Logger, silentLogger } from "@almagest/base";
import type { LogLine } from "./log-store.ts";

/** Sends lines to a store of logs. Throws `WORKLOAD.LOGS_REFUSED`: retryable where they may be sent again as they are, else
 * they are given up. Any other error counts as retryable. */
export type SendBatch = (lines: readonly LogLine[]) => Promise<void>;

/** How lines are sent on. */
export interface ForwardOptions {
  /** Lines per push; 1000 unless told. */
  readonly batchLines?: number;
  /** Characters per push; 1,000,000 unless told. */
  readonly batchCharacters?: number;
  /** Characters that may wait for a store that is away; 50,000,000 unless told. */
  readonly waitingCharacters?: number;
  /** Lines wait so long for others to go with them; one second unless told. */
  readonly periodMs?: number;
  /** The first pause after a failure, which doubles up to 60 times; one second unless told. */
  readonly retryMs?: number;
  /** What is still to be sent at the end may take so long; 5 seconds unless told. */
  readonly closeMs?: number;
  readonly log?: Logger;
}

const LONGEST_PAUSE = 60;

/** Sends lines on to another store, many at once, in their order; again and again while it is away. Lines beyond what may
 * wait are left out and counted: our own store has them. */
export class LineForwarder {
  readonly #send: SendBatch;
  readonly #options: Required<ForwardOptions>;
  #waiting: LogLine[] = [];
  #characters = 0;
  #leftOut = 0;
  #working: Promise<void> | undefined;
  readonly #closed = new AbortController();

  constructor(send: SendBatch, options: ForwardOptions = {}) {
    this.#send = send;
    this.#options = {
      ...{ batchLines: 1000, batchCharacters: 1_000_000, waitingCharacters: 50_000_000 },
      ...{ periodMs: 1000, retryMs: 1000, closeMs: 5000, log: silentLogger },
      ...options,
    };
  }

  /** Takes lines; they are sent within a second or so. */
  take(lines: readonly LogLine[]): void {
    for (const line of lines) {
      if (this.#characters + line.text.length > this.#options.waitingCharacters) {
        this.#leftOut++;
        continue;
      }
      this.#characters += line.text.length;
      this.#waiting.push(line);
    }
    if (this.#waiting.length > 0) this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    const { periodMs, retryMs, log } = this.#options;
    await this.#pause(periodMs);
    let pauseMs = retryMs;
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      try {
        await this.#send(batch);
        pauseMs = retryMs;
      } catch (error) {
        const isFinal = isAlmagestError(error, "WORKLOAD.LOGS_REFUSED") && !error.retryable;
        log.warn(isFinal ? "lines of logs were refused and are left out" : "logs could not be sent on", {
          error,
          lines: batch.length,
        });
        if (!isFinal) {
          if (this.#closed.signal.aborted) break;
          await this.#pause(pauseMs);
          pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE * retryMs);
          continue;
        }
      }
      this.#waiting.splice(0, batch.length);
      this.#characters -= batch.reduce((sum, { text }) => sum + text.length, 0);
      if (this.#leftOut > 0) log.warn("lines of logs were left out", { lines: this.#leftOut });
      this.#leftOut = 0;
    }
    this.#working = undefined;
  }

  #nextBatch(): LogLine[] {
    const { batchLines, batchCharacters } = this.#options;
    let characters = 0;
    const end = this.#waiting.findIndex((line, index) => {
      characters += line.text.length;
      return index > 0 && (index >= batchLines || characters > batchCharacters);
    });
    return this.#waiting.slice(0, end < 0 ? undefined : end);
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closed.signal }).catch(() => {});
  }

  /** Sends what waits, once, within the time given for it. */
  async close(): Promise<void> {
    this.#closed.abort();
    const late = new AbortController();
    const patience = sleep(this.#options.closeMs, undefined, { signal: late.signal }).catch(() => {});
    await Promise.race([this.#working, patience]);
    late.abort();
  }
}
