import { type FileHandle, open } from "node:fs/promises";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { type AddressReader, openAddresses } from "./address-table.ts";
import { parseExactJson } from "./exact-json.ts";
import type { GraphHeader } from "./graph-models.ts";
import { invalidFile, readRange, readZipDirectory, type ZipMember, type ZipWriter } from "./stored-zip.ts";

/** A `.qg` archive of either kind: documents, and blocks of one document each. Each part is read when it is asked for. */
export interface GraphArchive {
  readonly path: string;
  readonly header: GraphHeader;
  /** A document by the name of its member without `.json.zst`. */
  document<T>(name: string): Promise<T>;
  /** All blocks of a member, in the order of the file. */
  blocks<T>(name: string): AsyncGenerator<T>;
  /** The block of a member at an address. */
  block<T>(name: string, at: { readonly offset: number; readonly size: number }): Promise<T>;
  /** The table of addresses of a name, with so many addresses in each row. */
  addresses(name: string, columns: number): Promise<AddressReader>;
  close(): Promise<void>;
}

/** Opens a graph of a kind; reads nothing but its directory and header. Throws `PIPELINE.QG_INVALID`. */
export async function openArchive(path: string, kind: "predicted" | "provenance"): Promise<GraphArchive> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (cause) {
    throw invalidFile(path, (cause as Error).message, cause);
  }
  try {
    return await readArchive(handle, path, kind);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readArchive(handle: FileHandle, path: string, kind: string): Promise<GraphArchive> {
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
      // The original writes an empty dictionary where it has none.
      const options = dictionary === undefined || dictionary.length === 0 ? {} : { dictionary };
      return parseExactJson(zstdDecompressSync(frame, options).toString("utf8"));
    } catch (cause) {
      throw invalidFile(path, `${what} cannot be read (${(cause as Error).message})`, cause);
    }
  };
  const document = async <T>(name: string): Promise<T> =>
    decode(await bytesOf(memberOf(`${name}.json.zst`)), name) as T;
  const header = await document<GraphHeader>("header");
  const { graph_type, version, int_size } = header;
  if (graph_type !== kind || version !== 1 || int_size !== 8) {
    throw invalidFile(
      path,
      `it is a ${graph_type} graph, version ${version}, with integers of ${int_size} bytes`,
    );
  }
  return {
    path,
    header,
    document,
    async *blocks<T>(name: string) {
      for await (const frame of readBlocks(handle, memberOf(`${name}.mb`), path))
        yield decode(frame, name) as T;
    },
    async block<T>(name: string, { offset, size }: { readonly offset: number; readonly size: number }) {
      const member = memberOf(`${name}.mb`);
      const bytes = await readRange(handle, member.offset + offset, size, path);
      return decode(bytes.subarray(8), `a block of ${name}`) as T;
    },
    addresses: (name, columns) => openAddresses(handle, memberOf(`${name}.addr`), path, columns),
    close: () => handle.close(),
  };
}

/** Bytes read at once when all blocks are. */
const PAGE = 1 << 22;

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
      if (length === 0) throw invalidFile(path, "its last block is cut off");
      page = Buffer.concat([page.subarray(at), await readRange(handle, offset + next, length, path)]);
      at = 0;
      next += length;
    }
  };
  while (next < size || at < page.length) {
    await fill(8);
    const length = Number(page.readBigUInt64BE(at));
    if (length > size) throw invalidFile(path, "a block is longer than the file");
    await fill(8 + length);
    yield page.subarray(at + 8, at + 8 + length);
    at += 8 + length;
  }
}

/** A document as a frame. Readers of the original need the size of the content in it; Node writes it. */
export const compressDocument = (text: string | Buffer): Buffer =>
  zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });

/** Writes a document of an archive. */
export async function addDocument(zip: ZipWriter, name: string, json: string | Buffer): Promise<void> {
  await zip.begin(`${name}.json.zst`);
  await zip.write(compressDocument(json));
}

/** A document as a block: its frame behind the eight bytes of its length. */
export function encodeBlock(json: string): Buffer {
  const frame = compressDocument(json);
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(frame.length));
  return Buffer.concat([length, frame]);
}
