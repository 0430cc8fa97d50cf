import type { Butler, OutputRecord } from "@almagest/butler";
import { resolveWithin } from "@almagest/resources";
import { syncFiles } from "./sync-files.ts";

/** Registers what quanta wrote, many quanta in one transaction, in the order in which they finished. What is registered
 * is on disk: files are forced there first, many at a time. */
export interface IngestQueue {
  /** Adds the records of one quantum; they are taken together or not at all. */
  add(records: readonly OutputRecord[]): void;
  /** Registers everything added so far. Rejects when a batch was refused. */
  flush(): Promise<void>;
}

/** Most quanta in one transaction. */
const BATCH = 256;
/** Longest time that a finished quantum stays unregistered, ms: what a killed run repeats at worst. */
const PATIENCE_MS = 200;

/** Creates the queue of one execution; `onError` is told when a background batch fails. */
export function createIngestQueue(
  butler: Pick<Butler, "ingestOutputs" | "root">,
  onError: (error: unknown) => void,
): IngestQueue {
  let pending: OutputRecord[][] = [];
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (pending.length > 0) {
      const batch = pending.flat();
      pending = [];
      last = last.then(async () => {
        const { root } = butler;
        await syncFiles(
          root,
          batch.map(({ path }) => resolveWithin(root, path)),
        );
        await butler.ingestOutputs(batch);
      });
    }
    return last;
  };
  const flushInBackground = (): void => {
    flush().catch(onError);
  };
  return {
    add(records) {
      pending.push([...records]);
      if (pending.length >= BATCH) flushInBackground();
      else timer ??= setTimeout(flushInBackground, PATIENCE_MS);
    },
    flush,
  };
}
