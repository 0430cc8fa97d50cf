import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import { type EncodeOptions, encodeParts } from "./encode-fits.ts";
import type { HduSpec } from "./hdu-spec.ts";

/** Options of writing a file. */
export interface WriteOptions extends EncodeOptions {
  /** Called with the file's bytes, in order, as they are written; the bytes are valid during the call. */
  readonly seen?: (bytes: Uint8Array) => void;
}

let temporaryCount = 0;

/**
 * Writes a FITS file atomically: to a temporary name beside it, then renamed, so that a reader never sees half a file. Throws
 * `FITS.FILE_UNREADABLE` when the disk refuses, or what is wrong with a spec.
 */
export async function writeFits(
  path: string,
  hdus: readonly HduSpec[],
  options: WriteOptions = {},
): Promise<void> {
  const temporary = `${path}.${process.pid}-${temporaryCount++}.tmp`;
  try {
    const handle = await open(temporary, "wx");
    try {
      for (const part of encodeParts(hdus, options)) {
        options.seen?.(part);
        await writeAll(handle, part);
      }
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof AlmagestError) throw error;
    throw new AlmagestError("FITS.FILE_UNREADABLE", `Cannot write ${path}: ${(error as Error).message}.`, {
      fields: { path },
      cause: error,
    });
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const length = Math.min(bytes.byteLength - done, 1 << 30);
    done += (await handle.write(bytes, done, length)).bytesWritten;
  }
}
