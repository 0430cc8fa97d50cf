import type { Butler, OutputRecord } from "@almagest/butler";
import { resolveWithin } from "@almagest/resources";
import { METADATA_CLASS } from "./implicit-types.ts";
import { type NewDocument, storeAlone, storeDocuments } from "./store-documents.ts";
import { createDiskSync } from "./sync-files.ts";

/** Registers what quanta wrote, many quanta in one transaction, in the order in which they finished. What is registered
 * is on disk: files are forced there first, many at a time. */
export interface IngestQueue {
  /** Adds the records and documents of one quantum; they are taken together or not at all. */
  add(records: readonly OutputRecord[], documents: readonly NewDocument[]): void;
  /** Registers everything added so far. Rejects when a batch was refused. */
  flush(): Promise<void>;
  /** Ends what helps it. */
  close(): void;
}

/** Most quanta in one transaction. */
const BATCH = 1024;
/** Longest time that a finished quantum stays unregistered, ms: what a killed run repeats at worst. */
const PATIENCE_MS = 200;

/** How a run's documents are stored. */
export interface IngestOptions {
  /** Some process worked in the run before. */
  readonly continued: boolean;
  /** There is no database to tell: each document is a file under its planned path, metadata are written once everything else
   * of the quantum is on disk, and their being there says that the quantum succeeded. */
  readonly filesOnly?: boolean;
}

/** Creates the queue of one execution; `onError` is told when a background batch fails. */
export function createIngestQueue(
  butler: Pick<Butler, "ingestOutputs" | "root">,
  { continued, filesOnly = false }: IngestOptions,
  onError: (error: unknown) => void,
): IngestQueue {
  const { root } = butler;
  const disk = createDiskSync(root);
  let records: OutputRecord[] = [];
  let documents: NewDocument[] = [];
  let waiting = 0;
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  const sync = (batch: readonly OutputRecord[]): Promise<void> => {
    const paths = new Set(batch.map(({ path }) => path.replace(/#zip-path=.*$/, "")));
    return disk.sync([...paths].map((path) => resolveWithin(root, path)));
  };
  const store = async (files: readonly OutputRecord[], texts: readonly NewDocument[]): Promise<void> => {
    const batch = [...files, ...storeDocuments(root, texts, continued)];
    await sync(batch);
    await butler.ingestOutputs(batch);
  };
  const storeFiles = async (files: readonly OutputRecord[], texts: readonly NewDocument[]): Promise<void> => {
    const isLast = ({ located }: NewDocument): boolean =>
      located.ref.datasetType.storageClass === METADATA_CLASS;
    const [last = [], first = []] = [true, false].map((is) => texts.filter((text) => isLast(text) === is));
    await sync([...files, ...storeAlone(root, first)]);
    await sync(storeAlone(root, last));
  };
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting > 0) {
      const [files, texts] = [records, documents];
      records = [];
      documents = [];
      waiting = 0;
      last = last.then(() => (filesOnly ? storeFiles : store)(files, texts));
    }
    return last;
  };
  const flushInBackground = (): void => {
    flush().catch(onError);
  };
  return {
    add(files, texts) {
      records.push(...files);
      documents.push(...texts);
      waiting++;
      if (waiting >= BATCH) flushInBackground();
      else timer ??= setTimeout(flushInBackground, PATIENCE_MS);
    },
    flush,
    close: () => disk.close(),
  };
}
