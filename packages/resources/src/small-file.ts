import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { checksumOf } from "./checksum.ts";
import { type DurableFile, type DurableOptions, refuseExisting, syncDirectory } from "./durable-file.ts";

/** Up to this size a file of a local disk is better read and written in blocking calls, each of which takes a few
 * microseconds, than handed to other threads, which takes a hundred. */
export const SMALL_FILE_BYTES = 256 * 1024;

const syncDescriptor = promisify(fsync);
let buffer: Buffer | undefined;

/** Opens a new file; its folder is made only when it turns out to be missing. */
function createFile(path: string, mode: number): number {
  try {
    return openSync(path, "wx", mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, "wx", mode);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

function describe(inode: number, bytes: Uint8Array, options: DurableOptions): DurableFile {
  return {
    sizeBytes: bytes.length,
    inode,
    ...(options.checksum ? { checksum: checksumOf(bytes) } : {}),
  };
}

/** The content of a small file, valid until the next call, and its mode; undefined for a larger one. */
function readSmall(path: string): { bytes: Uint8Array; mode: number } | undefined {
  const file = openSync(path, "r");
  try {
    const { size, mode } = fstatSync(file);
    if (size > SMALL_FILE_BYTES) return undefined;
    buffer ??= Buffer.allocUnsafeSlow(SMALL_FILE_BYTES + 1);
    let length = 0;
    for (;;) {
      const count = readSync(file, buffer, length, buffer.length - length, null);
      if (count === 0) return { bytes: buffer.subarray(0, length), mode: mode & 0o777 };
      length += count;
      // It grew meanwhile.
      if (length === buffer.length) return undefined;
    }
  } finally {
    closeSync(file);
  }
}

/** As `copyUnsynced`, for a small file on a local disk; undefined where it is not small. Throws `RESOURCES.EXISTS`. */
export function copySmallUnsynced(
  source: string,
  path: string,
  options: DurableOptions,
): DurableFile | undefined {
  const content = readSmall(source);
  if (content === undefined) return undefined;
  let file: number;
  try {
    file = createFile(path, content.mode);
  } catch (error) {
    throw refuseExisting(path, error);
  }
  try {
    writeAll(file, content.bytes);
    const { ino, mode } = fstatSync(file);
    if ((mode & 0o777) !== content.mode) fchmodSync(file, content.mode);
    return describe(ino, content.bytes, options);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

/** As `writeDurably` with `claimedLater`, for bytes in memory on a local disk, straight under the name: a program that is
 * killed here may leave a part of the content there, which nobody claims. Throws `RESOURCES.EXISTS`. */
export async function writeSmallDurably(
  path: string,
  bytes: Uint8Array,
  options: DurableOptions,
): Promise<DurableFile> {
  let file: number;
  try {
    file = createFile(path, 0o666);
  } catch (error) {
    throw refuseExisting(path, error);
  }
  try {
    try {
      writeAll(file, bytes);
    } catch (error) {
      // Nobody else had a turn since it was made: it is ours.
      rmSync(path, { force: true });
      throw error;
    }
    const { ino } = fstatSync(file);
    const synced = Promise.all([syncDescriptor(file), syncDirectory(dirname(path))]);
    // The checksum is made while the disk is at work.
    const described = describe(ino, bytes, options);
    await synced;
    return described;
  } finally {
    closeSync(file);
  }
}
