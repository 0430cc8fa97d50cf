import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";

/** Size of the parts in which large objects travel: that of boto3 and the AWS tools. */
export const PART_BYTES = 8 * 1024 * 1024;
/** Parts that travel at the same time. */
export const PARTS_AT_ONCE = 4;

/** A stretch of an object, `end` excluded. */
export interface Part {
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

/** Cuts an object into parts; an empty one has a single empty part. */
export function cutIntoParts(sizeBytes: number, partBytes = PART_BYTES): Part[] {
  const count = Math.max(1, Math.ceil(sizeBytes / partBytes));
  return Array.from({ length: count }, (_, index) => ({
    index,
    start: index * partBytes,
    end: Math.min(sizeBytes, (index + 1) * partBytes),
  }));
}

/** Calls `work` for each item, at most `atOnce` at a time, begun in order; the first failure ends it. */
export async function forEachAtOnce<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  atOnce = PARTS_AT_ONCE,
): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      try {
        await work(items[next++]!);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  const failure = results.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}

/** What `createHash` gives, as far as it is used here. */
export interface RunningHash {
  update(bytes: Uint8Array): unknown;
  digest(form: "hex"): string;
}

/** Takes parts in any order and hashes them in theirs. */
export function createOrderedHash(hash: RunningHash): {
  add(index: number, bytes: Uint8Array): void;
  digest(): string;
} {
  const waiting = new Map<number, Uint8Array>();
  let next = 0;
  return {
    add: (index, bytes) => {
      waiting.set(index, bytes);
      for (let found = waiting.get(next); found !== undefined; found = waiting.get(next)) {
        hash.update(found);
        waiting.delete(next++);
      }
    },
    digest: () => hash.digest("hex"),
  };
}

/** Where the parts of a download go: memory or a file. */
export interface PartSink {
  put(start: number, bytes: Uint8Array): Promise<void> | void;
}

/** A sink that fills one array. */
export function createMemorySink(): PartSink & { begin(sizeBytes: number): void; bytes(): Uint8Array } {
  let all = new Uint8Array(0);
  return {
    begin: (sizeBytes) => {
      all = new Uint8Array(sizeBytes);
    },
    put: (start, bytes) => {
      if (start === 0 && bytes.length === all.length) all = bytes as Uint8Array<ArrayBuffer>;
      else all.set(bytes, start);
    },
    bytes: () => all,
  };
}

/** Reads a stretch of an open file whole. Throws where the file is shorter. */
export async function readStretch(file: FileHandle, start: number, end: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(end - start);
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) throw new Error("the file became shorter while it was read");
    filled += bytesRead;
  }
  return bytes;
}

/** Opens a local file for a download and gives the sink that fills it. */
export async function openFileSink(path: string): Promise<PartSink & AsyncDisposable> {
  const file = await open(path, "w");
  return {
    put: async (start, bytes) => {
      let written = 0;
      while (written < bytes.length) {
        written += (await file.write(bytes, written, bytes.length - written, start + written)).bytesWritten;
      }
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** Hex digest of bytes. */
export function digestOf(algorithm: string, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest("hex");
}
