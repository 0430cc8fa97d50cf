import { isAlmagestError } from "@almagest/base";
import { createMemorySink, openFileSink } from "../parts.ts";
import { type HttpSource, readRange, readWhole } from "./ranged-read.ts";

/** Repeats a read whose bytes were not those announced. */
async function onceMore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isAlmagestError(error, "RESOURCES.CHANGED")) throw error;
    return work();
  }
}

/** Bytes of an object, or of one range of it. */
export function readBytes(
  source: HttpSource,
  range?: { readonly start: number; readonly end: number },
): Promise<Uint8Array> {
  if (range !== undefined) return readRange(source, range.start, range.end);
  return onceMore(async () => {
    const sink = createMemorySink();
    await readWhole(source, sink);
    return sink.bytes();
  });
}

/** Fills a local file with an object. */
export function readToFile(source: HttpSource, path: string): Promise<void> {
  return onceMore(async () => {
    await using sink = await openFileSink(path);
    await readWhole(source, sink);
  });
}
