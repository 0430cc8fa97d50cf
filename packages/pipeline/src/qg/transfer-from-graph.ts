import {
  type Butler,
  type DatasetRef,
  describeQuantum,
  type FormatterRegistry,
  ingestWritten,
  type PredictedDataset,
} from "@almagest/butler";
import { findCollection } from "../quanta/find-collection.ts";
import type { GraphFile } from "./open-graph-file.ts";
import { predictOutputs } from "./predicted-datasets.ts";

/** How the outputs of a graph are registered. */
export interface TransferFromGraphOptions {
  readonly butler: Butler;
  /** Path or URI of the repository of `butler`, whose configuration names files. */
  readonly location: string;
  readonly formatters: FormatterRegistry;
  /** Takes dataset types by name; all unless given. */
  readonly accepts?: (datasetType: string) => boolean;
  readonly registerTypes?: boolean;
  /** Insert dimension records that the repository lacks; true unless told. */
  readonly records?: boolean;
  /** Put the run first into the graph's output chain, which is made of its inputs where absent. */
  readonly updateChain?: boolean;
  readonly dryRun?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Registers what quanta of a graph wrote into a repository's files without its database. Batches of 1000; what is registered
 * already is passed over, so that it may run again, and while quanta still run. Gives the datasets that were new. Throws what
 * `openGraphFile` and `ingestWritten` throw.
 */
export async function transferFromGraph(
  file: GraphFile,
  options: TransferFromGraphOptions,
): Promise<DatasetRef[]> {
  const { butler, location, formatters, accepts = () => true } = options;
  const { universe } = butler;
  const total = file.header.n_datasets;
  const done: DatasetRef[] = [];
  let looked = 0;
  const take = async (page: readonly PredictedDataset[]): Promise<void> => {
    const outputs = page.filter(({ ref }) => accepts(ref.datasetType.name));
    const planned = await describeQuantum(location, { universe, inputs: [], outputs, formatters });
    const fresh = await ingestWritten(butler, planned.outputs, {
      registerTypes: options.registerTypes ?? false,
      records: options.records ?? true,
      dryRun: options.dryRun ?? false,
      checksum: planned.checksum ?? true,
      onProgress: (count) => options.onProgress?.(looked + count, total),
    });
    looked += page.length;
    for (const ref of fresh) done.push(ref);
  };
  for await (const page of predictOutputs(file, universe)) await take(page);
  if (options.updateChain && !options.dryRun) await updateChain(butler, file);
  return done;
}

async function updateChain(butler: Butler, { header }: GraphFile): Promise<void> {
  const { output, output_run: run, inputs } = header;
  if (output === null || (await findCollection(butler, run)) === undefined) return;
  if (await butler.registerCollection(output, "CHAINED")) {
    const flat = await butler.queryCollections(inputs, { flatten: true });
    await butler.extendChain(
      output,
      flat.map(({ name }) => name),
    );
  }
  await butler.prependChain(output, [run]);
}
