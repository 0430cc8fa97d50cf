import { METADATA_CONNECTION, type QuantumModel } from "../qg/graph-models.ts";
import type { GraphFile } from "../qg/open-graph-file.ts";

/** Who reads and makes what in a graph, by ids. */
export interface Links {
  /** Quanta that read a dataset. */
  readonly readers: ReadonlyMap<string, readonly string[]>;
  /** Datasets that some quantum makes. */
  readonly made: ReadonlySet<string>;
  /** Id of the metadata of each quantum. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Quanta whose outputs a quantum reads. */
  readonly before: ReadonlyMap<string, readonly string[]>;
}

/** Reads the whole graph once. Throws `PIPELINE.QG_INVALID`. */
export async function readLinks(file: GraphFile): Promise<Links> {
  const readers = new Map<string, string[]>();
  const made = new Set<string>();
  const metadata = new Map<string, string>();
  const before = new Map<string, string[]>();
  const append = (lists: Map<string, string[]>, key: string, value: string): void => {
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [value]);
    else if (list.at(-1) !== value) list.push(value);
  };
  const take = ({ quantum_id, inputs, outputs }: QuantumModel): void => {
    for (const { dataset_id } of Object.values(inputs).flat()) append(readers, dataset_id, quantum_id);
    for (const { dataset_id } of Object.values(outputs).flat()) made.add(dataset_id);
  };
  for (const quantum of await file.readInitQuanta()) take(quantum);
  for await (const quantum of file.readQuanta()) {
    take(quantum);
    const [own] = quantum.outputs[METADATA_CONNECTION] ?? [];
    if (own !== undefined) metadata.set(quantum.quantum_id, own.dataset_id);
  }
  for (const [from, to] of (await file.readThinGraph()).edges) append(before, to, from);
  return { readers, made, metadata, before };
}
