import { AlmagestError } from "@almagest/base";
import type { GetOptions, LocatedDataset, OutputRecord } from "./api/dataset-api.ts";
import type { FormatterRegistry } from "./formatter-registry.ts";
import type { DatasetRef } from "./types.ts";

/** All that one quantum may read and write: plain data, fit for structured clone into a worker. */
export interface QuantumDescription {
  /** Root of the repository. */
  readonly root: string;
  readonly inputs: readonly LocatedDataset[];
  readonly outputs: readonly LocatedDataset[];
  /** Compute checksums of outputs; true unless told. */
  readonly checksum?: boolean;
}

/** A Butler for one quantum: no database, only the datasets it was told of. */
export interface QuantumButler {
  readonly root: string;
  /** Reads an input, or an output written before. Throws `BUTLER.DATASET_MISSING` for a dataset it was not told of. */
  get(ref: DatasetRef, options?: Pick<GetOptions, "component" | "parameters">): Promise<unknown>;
  /** Writes an output under its planned path (whole or not at all) and gives the record to ingest. */
  put(value: unknown, ref: DatasetRef): Promise<OutputRecord>;
  /** True when the file of an input or output is there. */
  exists(ref: DatasetRef): Promise<boolean>;
  /** Records of what was put so far. */
  written(): readonly OutputRecord[];
}

/** A Butler over the files of one quantum. */
export function createQuantumButler(
  description: QuantumDescription,
  _formatters: FormatterRegistry,
): QuantumButler {
  throw new AlmagestError("BUTLER.DATASET_MISSING", `Not yet: ${description.root}.`);
}
