import { type FileHandle, open } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import type { ByteSource } from "./byte-source.ts";

/** A source over an open file; close it or declare it with `await using`. */
export interface FileSource extends ByteSource, AsyncDisposable {
  readonly path: string;
  close(): Promise<void>;
}

/** Longest single read; larger ones are split, as the system allows at most 2 GiB at a time. */
const MAX_READ_BYTES = 1 << 30;

/** Opens a file for reading; throws `FITS.FILE_UNREADABLE`. */
export async function openFileSource(path: string): Promise<FileSource> {
  const unreadable = (cause: unknown): AlmagestError =>
    new AlmagestError("FITS.FILE_UNREADABLE", `Cannot read ${path}: ${(cause as Error).message}.`, {
      fields: { path },
      cause,
    });
  let handle: FileHandle;
  let size: number;
  try {
    handle = await open(path, "r");
  } catch (error) {
    throw unreadable(error);
  }
  try {
    size = (await handle.stat()).size;
  } catch (error) {
    await handle.close();
    throw unreadable(error);
  }

  const readInto = async (offset: number, target: Uint8Array): Promise<void> => {
    let done = 0;
    while (done < target.byteLength) {
      const length = Math.min(target.byteLength - done, MAX_READ_BYTES);
      const { bytesRead } = await handle.read(target, done, length, offset + done).catch((error: unknown) => {
        throw unreadable(error);
      });
      if (bytesRead === 0)
        throw new AlmagestError("FITS.TRUNCATED", `${path} ends at byte ${offset + done} while it is read.`, {
          fields: { path, offset: offset + done },
        });
      done += bytesRead;
    }
  };
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await handle.close();
  };
  return {
    path,
    size,
    readInto,
    read: async (offset, length) => {
      const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
      await readInto(offset, bytes);
      return bytes;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
