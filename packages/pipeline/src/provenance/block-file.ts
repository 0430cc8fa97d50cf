import { type FileHandle, open, rm } from "node:fs/promises";
import type { BlockPlace } from "../qg/address-table.ts";
import { encodeBlock } from "../qg/graph-archive.ts";
import type { ZipWriter } from "../qg/stored-zip.ts";

/** Blocks of one kind, kept beside an archive until it takes them: an archive has one member after the other. */
export interface BlockFile extends AsyncDisposable {
  add(json: string): Promise<BlockPlace>;
  /** Writes all of them as a member of an archive. */
  copyTo(zip: ZipWriter, member: string): Promise<void>;
}

const BUFFERED = 1 << 20;

/** Creates it under a temporary path, which is free again once it is disposed of. */
export async function createBlockFile(path: string): Promise<BlockFile> {
  const handle: FileHandle = await open(path, "w+");
  let size = 0;
  let waiting: Buffer[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const buffers = waiting;
    waiting = [];
    bytes = 0;
    if (buffers.length > 0) await handle.write(Buffer.concat(buffers));
  };
  return {
    async add(json) {
      const block = encodeBlock(json);
      const place = { offset: size, size: block.length };
      size += block.length;
      bytes += block.length;
      waiting.push(block);
      if (bytes >= BUFFERED) await flush();
      return place;
    },
    async copyTo(zip, member) {
      await flush();
      await zip.begin(member);
      const page = Buffer.allocUnsafe(BUFFERED);
      for (let at = 0; at < size; ) {
        const { bytesRead } = await handle.read(page, 0, Math.min(BUFFERED, size - at), at);
        await zip.write(page.subarray(0, bytesRead));
        at += bytesRead;
      }
    },
    async [Symbol.asyncDispose]() {
      await handle.close();
      await rm(path, { force: true });
    },
  };
}
