import { rm, stat } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import { isRemoteUri, resolveLocation, storeFor, toLocalPath } from "@almagest/resources";
import { archiveOf } from "./zip-member.ts";

/** Where a dataset's file is (its archive, for a member of one): a local path, or the URI of a remote object. Throws
 * `RESOURCES.OUTSIDE`. */
export function locationOf(root: string, path: string): string {
  return resolveLocation(root, archiveOf(path));
}

/** The local path of a dataset's file. Throws `BUTLER.NOT_LOCAL` for a remote object. */
export function localPathOf(root: string, path: string): string {
  const location = locationOf(root, path);
  if (!isRemoteUri(location)) return toLocalPath(location);
  throw new AlmagestError(
    "BUTLER.NOT_LOCAL",
    `${location} is not on this machine; this needs a local repository.`,
    {
      fields: { location },
    },
  );
}

/** What is known of a stored file. */
export interface StoredFileInfo {
  readonly sizeBytes: number;
  /** Undefined where a service does not tell. */
  readonly modifiedMs?: number;
}

/** Size and time of a stored file; undefined where there is none. Throws when a service cannot be asked. */
export async function statStored(location: string): Promise<StoredFileInfo | undefined> {
  if (isRemoteUri(location)) return (await storeFor(location)).info(location);
  const found = await stat(location).catch(() => undefined);
  return found?.isFile() ? { sizeBytes: found.size, modifiedMs: found.mtimeMs } : undefined;
}

/** Deletes a stored file, if it is there. */
export async function removeStored(location: string): Promise<void> {
  if (isRemoteUri(location)) await (await storeFor(location)).remove(location);
  else await rm(location, { force: true });
}

/** Fills a local file with a stored one. */
export async function downloadStored(location: string, localPath: string): Promise<void> {
  const store = await storeFor(location);
  await store.download(location, localPath);
}
