import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { closeSync, fsync, openSync } from "node:fs";
import {
  constants,
  copyFile,
  type FileHandle,
  link,
  mkdir,
  open,
  rename,
  rm,
  unlink,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { AlmagestError } from "@almagest/base";
import { checksumFile } from "./checksum.ts";

const WHOLE_FILE_BYTES = 8 * 1024 * 1024;

/** A name beside `path` for a file that is being written; fsck knows such names and removes old ones. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 180)}.${randomBytes(6).toString("hex")}.part`);
}

/** True for a name that `temporaryName` makes, and for a claim on a name (see `webdav/name-claim.ts`). */
export function isTemporaryName(path: string): boolean {
  return /^\..*\.[0-9a-f]{12}\.part$/.test(basename(path)) || /\.claims\.part\/[0-9a-f]{16}$/.test(path);
}

const syncDescriptor = promisify(fsync);

/** Opening and closing a directory is quicker than handing either to another thread; only the sync is waited for. */
async function syncPath(path: string): Promise<void> {
  const directory = openSync(path, "r");
  try {
    await syncDescriptor(directory);
  } catch (error) {
    // Systems that cannot sync a directory need not.
    if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
  } finally {
    closeSync(directory);
  }
}

const directorySyncs = new Map<
  string,
  { readonly running: Promise<void>; next: Promise<void> | undefined }
>();

/** Makes the entries of a directory durable. Calls that come while one is under way share the next one. */
export function syncDirectory(path: string): Promise<void> {
  const current = directorySyncs.get(path);
  if (current !== undefined) {
    current.next ??= current.running.catch(() => {}).then(() => startSync(path));
    return current.next;
  }
  return startSync(path);
}

function startSync(path: string): Promise<void> {
  const running = syncPath(path).finally(() => {
    if (directorySyncs.get(path)?.running === running) directorySyncs.delete(path);
  });
  directorySyncs.set(path, { running, next: undefined });
  return running;
}

/** What is known of a file once it is on disk. */
export interface DurableFile {
  readonly sizeBytes: number;
  /** Tells this very file from another put under the same name later. */
  readonly inode: number;
  /** BLAKE2b-512 in hex, where asked for. */
  readonly checksum?: string;
}

/** How to write a file. */
export interface DurableOptions {
  /** Replace a file of this name; refused unless set. */
  readonly overwrite?: boolean;
  readonly checksum?: boolean;
  /** Where a name counts for nothing until something else claims it: content and name are synced at once, not one after the
   * other, which takes half the time. A power cut may leave the name with part of the content. */
  readonly claimedLater?: boolean;
}

/** Makes everything written so far to the file system of a path durable: one call for a whole batch of files. False where
 * the system has no such call. */
export function syncFileSystem(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile("sync", ["-f", path], (error) => resolve(error === null));
  });
}

async function checksumOf(handle: FileHandle, path: string, size: number): Promise<string> {
  if (size > WHOLE_FILE_BYTES) return (await checksumFile(path)).checksum;
  return createHash("blake2b512")
    .update(await handle.readFile())
    .digest("hex");
}

async function settle(path: string, options: DurableOptions, sync: boolean): Promise<DurableFile> {
  await using handle = await open(path, "r");
  const [{ size, ino }] = await Promise.all([handle.stat(), sync ? handle.sync() : undefined]);
  return {
    sizeBytes: size,
    inode: ino,
    ...(options.checksum ? { checksum: await checksumOf(handle, path, size) } : {}),
  };
}

async function settleTogether(
  temporary: string,
  path: string,
  options: DurableOptions,
): Promise<DurableFile> {
  await using handle = await open(temporary, "r");
  await link(temporary, path);
  const [{ size, ino }, checksum] = await Promise.all([
    handle.stat(),
    options.checksum ? handle.stat().then((stat) => checksumOf(handle, path, stat.size)) : undefined,
    handle.sync(),
    unlink(temporary),
    syncDirectory(dirname(path)),
  ]);
  return { sizeBytes: size, inode: ino, ...(checksum === undefined ? {} : { checksum }) };
}

function isMissing(error: unknown): boolean {
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  return code === "ENOENT" || cause?.code === "ENOENT";
}

/** Fills the temporary file; its folder is made only when it turns out to be missing, which it seldom is. */
async function fill(temporary: string, write: (path: string) => Promise<unknown>): Promise<void> {
  try {
    await write(temporary);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await mkdir(dirname(temporary), { recursive: true });
    await write(temporary);
  }
}

/**
 * Writes a file so that afterwards it is there whole or not at all: `write` fills a temporary file beside it, which is
 * synced and given its name. Throws `RESOURCES.EXISTS` when the file exists and `overwrite` is not set.
 */
export async function writeDurably(
  path: string,
  write: (temporaryPath: string) => Promise<unknown>,
  options: DurableOptions = {},
): Promise<DurableFile> {
  const temporary = temporaryName(path);
  try {
    await fill(temporary, write);
    if (options.claimedLater && !options.overwrite) return await settleTogether(temporary, path, options);
    const file = await settle(temporary, options, true);
    if (options.overwrite) {
      await rename(temporary, path);
      await syncDirectory(dirname(path));
    } else {
      // A link refuses an existing name where a rename would silently replace it.
      await link(temporary, path);
      await Promise.all([unlink(temporary), syncDirectory(dirname(path))]);
    }
    return file;
  } catch (error) {
    await rm(temporary, { force: true });
    throw refuseExisting(path, error);
  }
}

/** `RESOURCES.EXISTS` for a name that is taken; any other error as it is. */
export function refuseExisting(path: string, cause: unknown): unknown {
  if ((cause as NodeJS.ErrnoException).code !== "EEXIST") return cause;
  return new AlmagestError("RESOURCES.EXISTS", `The file ${path} exists already.`, {
    cause,
    fields: { path },
  });
}

/**
 * Copies a file straight under its name, unsynced: for batches that end with `syncFileSystem`, and only where a name
 * without a claim to it counts for nothing. Throws `RESOURCES.EXISTS`.
 */
export async function copyUnsynced(
  source: string,
  path: string,
  options: DurableOptions,
): Promise<DurableFile> {
  try {
    await fill(path, (target) =>
      copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE),
    );
  } catch (error) {
    throw refuseExisting(path, error);
  }
  return settle(path, options, false);
}
