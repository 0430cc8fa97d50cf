import { type FileHandle, open } from "node:fs/promises";

/** Reads a payload's output as it comes. */
export interface LogReader {
  write(chunk: Buffer): void;
  end(): void;
}

/** Writes a payload's output to a file up to a limit; beyond it only the end is kept and appended at the close, so that
 * a payload that floods its log fills neither disk nor memory. */
export class CappedLog {
  readonly #file: FileHandle;
  readonly #headBytes: number;
  readonly #tailBytes: number;
  #written = 0;
  #dropped = 0;
  #total = 0;
  #tail: Buffer[] = [];
  #tailLength = 0;
  #queue: Promise<void> = Promise.resolve();

  readonly #reader: LogReader | undefined;

  private constructor(file: FileHandle, limitBytes: number, reader: LogReader | undefined) {
    this.#file = file;
    this.#reader = reader;
    this.#headBytes = Math.floor(limitBytes / 2);
    this.#tailBytes = limitBytes - this.#headBytes;
  }

  static async create(path: string, limitBytes: number, reader?: LogReader): Promise<CappedLog> {
    return new CappedLog(await open(path, "a"), limitBytes, reader);
  }

  /** All that was given to it, also what it left out. */
  get totalBytes(): number {
    return this.#total;
  }

  write(chunk: Buffer): void {
    this.#total += chunk.length;
    this.#reader?.write(chunk);
    const room = Math.max(0, this.#headBytes - this.#written);
    const head = chunk.subarray(0, room);
    const rest = chunk.subarray(room);
    if (head.length > 0) {
      this.#written += head.length;
      this.#queue = this.#queue.then(async () => {
        await this.#file.write(head);
      });
      // The error is kept in the chain and thrown by close().
      this.#queue.catch(() => {});
    }
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailLength += rest.length;
    while (this.#tailLength - this.#tail[0]!.length >= this.#tailBytes) {
      const old = this.#tail.shift()!;
      this.#tailLength -= old.length;
      this.#dropped += old.length;
    }
  }

  async close(): Promise<void> {
    this.#reader?.end();
    try {
      await this.#queue;
      if (this.#dropped > 0) await this.#file.write(`\n[… ${this.#dropped} bytes left out …]\n`);
      for (const chunk of this.#tail) await this.#file.write(chunk);
    } finally {
      await this.#file.close();
    }
  }
}
