import { type FileHandle, open } from "node:fs/promises";
import { zstdDecompressSync } from "node:zlib";
import { AlmagestError } from "@almagest/base";
import { type AddressReader, type BlockAddress, openAddresses } from "./address-table.ts";
import type { DimensionData } from "./dimension-data.ts";
import { parseExactJson } from "./exact-json.ts";
import type { GraphHeader, PipelineGraphModel, QuantumModel, ThinGraph } from "./graph-models.ts";
import { invalidFile, readRange, readZipDirectory, type ZipMember } from "./stored-zip.ts";

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

/** Bytes read at once when all quanta are. */
const PAGE = 1 << 22;

/** Opens a predicted quantum graph; reads nothing but its directory and header. Throws `PIPELINE.QG_INVALID`. */
export async function openGraphFile(path: string): Promise<GraphFile> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (cause) {
    throw invalidFile(path, (cause as Error).message, cause);
  }
  try {
    return await readGraphFile(handle, path);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readGraphFile(handle: FileHandle, path: string): Promise<GraphFile> {
  const members = await readZipDirectory(handle, path);
  const memberOf = (name: string): ZipMember => {
    const member = members.get(name);
    if (!member) throw invalidFile(path, `it has no ${name}`);
    return member;
  };
  const bytesOf = ({ offset, size }: ZipMember): Promise<Buffer> => readRange(handle, offset, size, path);
  const dictionary = members.has("compression_dict")
    ? await bytesOf(memberOf("compression_dict"))
    : undefined;
  const decode = (frame: Uint8Array, what: string): unknown => {
    try {
      const options = dictionary === undefined ? {} : { dictionary };
      return parseExactJson(zstdDecompressSync(frame, options).toString("utf8"));
    } catch (cause) {
      throw invalidFile(path, `${what} cannot be read (${(cause as Error).message})`, cause);
    }
  };
  const readDocument = async <T>(name: string): Promise<T> =>
    decode(await bytesOf(memberOf(`${name}.json.zst`)), name) as T;
  const header = await readDocument<GraphHeader>("header");
  if (header.graph_type !== "predicted" || header.version !== 1 || header.int_size !== 8) {
    const { graph_type, version, int_size } = header;
    throw invalidFile(
      path,
      `it is a ${graph_type} graph, version ${version}, with integers of ${int_size} bytes`,
    );
  }
  const blocks = memberOf("quantum_datasets.mb");
  let addresses: AddressReader | undefined;
  const readBlock = async ({ offset, size, id }: BlockAddress): Promise<QuantumModel> =>
    decode((await readRange(handle, blocks.offset + offset, size, path)).subarray(8), id) as QuantumModel;
  const file: GraphFile = {
    path,
    header,
    readPipeline: () => readDocument("pipeline_graph"),
    readThinGraph: () => readDocument("thin_graph"),
    readDimensionData: () => readDocument("dimension_data"),
    readInitQuanta: () => readDocument("init_quanta"),
    async *readQuanta(ids) {
      if (ids === undefined) {
        for await (const frame of readBlocks(handle, blocks, path))
          yield decode(frame, "a quantum") as QuantumModel;
        return;
      }
      addresses ??= await openAddresses(handle, memberOf("quanta.addr"), path);
      for (const id of ids) {
        const address = await addresses.find(id);
        if (!address) {
          throw new AlmagestError("PIPELINE.QUANTUM_UNKNOWN", `There is no quantum ${id} in ${path}.`, {
            fields: { id, path },
          });
        }
        yield await readBlock(address);
      }
    },
    close: () => handle.close(),
    [Symbol.asyncDispose]: () => handle.close(),
  };
  return file;
}

/** All blocks of a multi-block member: an eight-byte length, then so many bytes, again and again. */
async function* readBlocks(
  handle: FileHandle,
  { offset, size }: ZipMember,
  path: string,
): AsyncGenerator<Buffer> {
  let page = Buffer.alloc(0);
  let at = 0;
  let next = 0;
  const fill = async (wanted: number): Promise<void> => {
    while (page.length - at < wanted) {
      const length = Math.min(Math.max(PAGE, wanted), size - next);
      if (length === 0) throw invalidFile(path, "its last quantum is cut off");
      page = Buffer.concat([page.subarray(at), await readRange(handle, offset + next, length, path)]);
      at = 0;
      next += length;
    }
  };
  while (next < size || at < page.length) {
    await fill(8);
    const length = Number(page.readBigUInt64BE(at));
    if (length > size) throw invalidFile(path, "a quantum is longer than the file");
    await fill(8 + length);
    yield page.subarray(at + 8, at + 8 + length);
    at += 8 + length;
  }
}
