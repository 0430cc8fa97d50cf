import { close as closeFd, closeSync, fstat, open as openFd, read as readFd } from "node:fs";
import { promisify } from "node:util";
import { AlmagestError } from "@almagest/base";
import type { ByteSource } from "./byte-source.ts";

/** A source over an open file; close it or declare it with `await using`. */
export interface FileSource extends ByteSource, AsyncDisposable {
  readonly path: string;
  close(): Promise<void>;
}

/** Longest single read; larger ones are split, as the system allows at most 2 GiB at a time. */
const MAX_READ_BYTES = 1 << 30;

const openAsync = promisify(openFd);
const closeAsync = promisify(closeFd);
const statAsync = promisify(fstat);
const readAsync = promisify(readFd);

/** Descriptors of sources that were dropped without being closed; a FileHandle would end the process here. */
const forgotten = new FinalizationRegistry<number>((fd) => closeSync(fd));

/** Opens a file for reading; throws `FITS.FILE_UNREADABLE`. */
export async function openFileSource(path: string): Promise<FileSource> {
  const unreadable = (cause: unknown): never => {
    throw new AlmagestError("FITS.FILE_UNREADABLE", `Cannot read ${path}: ${(cause as Error).message}.`, {
      fields: { path },
      cause,
    });
  };
  const fd = await openAsync(path, "r").catch(unreadable);
  const stat = await statAsync(fd).catch(unreadable);

  const readInto = async (offset: number, target: Uint8Array): Promise<void> => {
    if (closed) unreadable(new Error("it has been closed"));
    let done = 0;
    while (done < target.byteLength) {
      const length = Math.min(target.byteLength - done, MAX_READ_BYTES);
      const { bytesRead } = await readAsync(fd, target, done, length, offset + done).catch(unreadable);
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
    forgotten.unregister(source);
    await closeAsync(fd);
  };
  const source: FileSource = {
    path,
    size: stat.size,
    readInto,
    read: async (offset, length) => {
      const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
      await readInto(offset, bytes);
      return bytes;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  forgotten.register(source, fd, source);
  return source;
}
