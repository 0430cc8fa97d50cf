import { AlmagestError } from "@almagest/base";
import type { AddressReader } from "./address-table.ts";
import type { DimensionData } from "./dimension-data.ts";
import { openArchive } from "./graph-archive.ts";
import type { GraphHeader, PipelineGraphModel, QuantumModel, ThinGraph } from "./graph-models.ts";

/** An open `.qg` file: each part is read when it is asked for. */
export interface GraphFile {
  readonly path: string;
  readonly header: GraphHeader;
  readPipeline(): Promise<PipelineGraphModel>;
  readThinGraph(): Promise<ThinGraph>;
  readDimensionData(): Promise<DimensionData>;
  readInitQuanta(): Promise<QuantumModel[]>;
  /** Chosen quanta, in the order of `ids`; without `ids` all, in the order of the file. Throws
   * `PIPELINE.QUANTUM_UNKNOWN`. */
  readQuanta(ids?: readonly string[]): AsyncIterable<QuantumModel>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Opens a predicted quantum graph; reads nothing but its directory and header. Throws `PIPELINE.QG_INVALID`. */
export async function openGraphFile(path: string): Promise<GraphFile> {
  const archive = await openArchive(path, "predicted");
  let addresses: AddressReader | undefined;
  return {
    path,
    header: archive.header,
    readPipeline: () => archive.document("pipeline_graph"),
    readThinGraph: () => archive.document("thin_graph"),
    readDimensionData: () => archive.document("dimension_data"),
    readInitQuanta: () => archive.document("init_quanta"),
    async *readQuanta(ids) {
      if (ids === undefined) {
        yield* archive.blocks<QuantumModel>("quantum_datasets");
        return;
      }
      addresses ??= await archive.addresses("quanta", 1);
      for (const id of ids) {
        const [place] = (await addresses.find(id)) ?? [];
        if (place === undefined || place.size === 0) {
          throw new AlmagestError("PIPELINE.QUANTUM_UNKNOWN", `There is no quantum ${id} in ${path}.`, {
            fields: { id, path },
          });
        }
        yield await archive.block<QuantumModel>("quantum_datasets", place);
      }
    },
    close: () => archive.close(),
    [Symbol.asyncDispose]: () => archive.close(),
  };
}
