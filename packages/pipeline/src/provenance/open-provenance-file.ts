import type { PackageVersions } from "../formatters/packages-formatter.ts";
import type { AddressReader } from "../qg/address-table.ts";
import { openArchive } from "../qg/graph-archive.ts";
import type { GraphHeader, PipelineGraphModel } from "../qg/graph-models.ts";
import {
  type LogAttempts,
  type MetadataAttempts,
  PROVENANCE_BLOCKS,
  type ProvenanceBlock,
  type ProvenanceDatasetModel,
  type ProvenanceInitModel,
  type ProvenanceQuantumModel,
} from "./provenance-models.ts";

/** An open provenance graph: each part is read when it is asked for. Ids that it does not know give nothing. */
export interface ProvenanceFile extends AsyncDisposable {
  readonly path: string;
  readonly header: GraphHeader;
  readPipeline(): Promise<PipelineGraphModel>;
  readInitQuanta(): Promise<ProvenanceInitModel[]>;
  readPackages(): Promise<PackageVersions>;
  /** Chosen quanta, or all in the order of the file. */
  readQuanta(ids?: readonly string[]): AsyncIterable<ProvenanceQuantumModel>;
  /** Chosen datasets, or all in the order of the file. */
  readDatasets(ids?: readonly string[]): AsyncIterable<ProvenanceDatasetModel>;
  /** Metadata of all attempts, by the id of the quantum or of the metadata dataset. */
  readMetadata(id: string): Promise<MetadataAttempts | undefined>;
  /** Logs of all attempts, by the id of the quantum or of the log dataset. */
  readLogs(id: string): Promise<LogAttempts | undefined>;
  close(): Promise<void>;
}

/** Opens a provenance graph, ours or the original's. Throws `PIPELINE.QG_INVALID`. */
export async function openProvenanceFile(path: string): Promise<ProvenanceFile> {
  const archive = await openArchive(path, "provenance");
  let table: AddressReader | undefined;
  const find = async <T>(name: ProvenanceBlock, id: string): Promise<T | undefined> => {
    table ??= await archive.addresses("nodes", PROVENANCE_BLOCKS.length);
    const address = (await table.find(id))?.[PROVENANCE_BLOCKS.indexOf(name)];
    return address === undefined || address.size === 0 ? undefined : archive.block<T>(name, address);
  };
  async function* read<T>(name: ProvenanceBlock, ids: readonly string[] | undefined): AsyncGenerator<T> {
    if (ids === undefined) return yield* archive.blocks<T>(name);
    for (const id of ids) {
      const found = await find<T>(name, id);
      if (found !== undefined) yield found;
    }
  }
  return {
    path,
    header: archive.header,
    readPipeline: () => archive.document("pipeline_graph"),
    readInitQuanta: () => archive.document("init_quanta"),
    readPackages: () => archive.document("packages"),
    readQuanta: (ids) => read("quanta", ids),
    readDatasets: (ids) => read("datasets", ids),
    readMetadata: (id) => find("metadata", id),
    readLogs: (id) => find("logs", id),
    close: () => archive.close(),
    [Symbol.asyncDispose]: () => archive.close(),
  };
}
