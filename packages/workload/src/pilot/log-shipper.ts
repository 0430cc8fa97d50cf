import type { LogLine } from "../logs/log-store.ts";

/** Sends lines on their way; throws when they did not arrive. */
export type SendLines = (lines: readonly LogLine[]) => Promise<void>;

/** What a line belongs to. */
export type LineContext = Omit<LogLine, "timeMs" | "text" | "level">;

const PERIOD_MS = 1000;
const RETRY_MS = 5000;
/** Text that may wait for a server that is away, of all jobs together. */
const WAITING_BYTES = 4_000_000;
const LONGEST_LINE = 16_384;

/** Ships lines of logs within a second of their writing, many at once. What a server that is away cannot take in time is left
 * out, and said so: logs are a comfort, the job goes on. */
export class LogShipper {
  readonly #send: SendLines;
  #waiting: LogLine[] = [];
  #bytes = 0;
  #leftOut = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(send: SendLines) {
    this.#send = send;
  }

  /** Takes one line. */
  line(context: LineContext, text: string, timeMs: number, level = "info"): void {
    if (this.#bytes + text.length > WAITING_BYTES) {
      this.#leftOut++;
      return;
    }
    this.#bytes += text.length;
    this.#waiting.push({ ...context, timeMs, level, text: text.slice(0, LONGEST_LINE) });
    this.#timer ??= setTimeout(() => void this.flush(), PERIOD_MS);
  }

  /** A taker of a payload's output for one job: cuts it into lines, and takes at most `limitBytes` of it. */
  taker(context: LineContext, limitBytes: number): { write(chunk: Buffer): void; end(): void } {
    const decoder = new TextDecoder();
    let rest = "";
    let taken = 0;
    const take = (line: string): void => {
      if (line === "" || taken > limitBytes) return;
      taken += line.length;
      const text = taken > limitBytes ? "[… the rest of this log is on the worker only …]" : line;
      this.line(context, text, Date.now(), /\b(error|fatal|traceback)\b/i.test(line) ? "error" : "info");
    };
    return {
      write: (chunk) => {
        if (taken > limitBytes) return;
        const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
        rest = lines.pop()!;
        if (rest.length > LONGEST_LINE) {
          lines.push(rest);
          rest = "";
        }
        for (const line of lines) take(line);
      },
      end: () => {
        take(rest);
        rest = "";
      },
    };
  }

  /** Sends what waits, and nothing after it of its own accord. */
  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
  }

  /** Sends what waits. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending = this.#sending.then(() => this.#ship());
    return this.#sending;
  }

  async #ship(): Promise<void> {
    const lines = this.#waiting;
    if (lines.length === 0) return;
    if (this.#leftOut > 0) {
      const last = lines.at(-1)!;
      lines.push({ ...last, level: "warn", text: `[… ${this.#leftOut} lines left out …]` });
    }
    this.#waiting = [];
    this.#bytes = 0;
    this.#leftOut = 0;
    try {
      await this.#send(lines);
    } catch {
      // They wait for the next round; what does not fit is left out, and the file on the worker has it all.
      this.#waiting = [...lines, ...this.#waiting];
      this.#bytes += lines.reduce((sum, { text }) => sum + text.length, 0);
      this.#timer ??= setTimeout(() => void this.flush(), RETRY_MS);
    }
  }
}
