import type { DurableFile } from "./durable-file.ts";

/** What is known of a stored object without reading it. */
export interface ResourceInfo {
  readonly uri: string;
  readonly sizeBytes: number;
}

/** A file on this machine that holds an object's bytes; dispose it when done (a temporary copy is deleted). */
export interface LocalFile extends AsyncDisposable {
  readonly path: string;
}

/** One way of keeping objects by URI: files now, S3, Google Cloud Storage and WebDAV by the same interface. */
export interface ResourceStore {
  /** URI schemes it serves, without colon. */
  readonly schemes: readonly string[];
  /** Size and existence; undefined when there is no such object. */
  info(uri: string): Promise<ResourceInfo | undefined>;
  /** Bytes of an object, or of one range of it. Throws `RESOURCES.MISSING`. */
  read(uri: string, range?: { readonly start: number; readonly end: number }): Promise<Uint8Array>;
  /** Stores bytes: afterwards the object is there whole, or as it was before. */
  write(uri: string, bytes: Uint8Array, options?: { readonly overwrite?: boolean }): Promise<void>;
  /** Stores a local file by copy, or otherwise where the store can. A copy tells what it wrote. */
  upload(localPath: string, uri: string, options?: UploadOptions): Promise<DurableFile | undefined>;
  /** The object as a local file. */
  toLocal(uri: string): Promise<LocalFile>;
  /** Deletes an object; false when it was not there. */
  remove(uri: string): Promise<boolean>;
  /** Objects below a prefix that ends with `/`, in no particular order. */
  list(prefix: string): AsyncIterable<ResourceInfo>;
}

/** How to bring a local file into a store. */
export interface UploadOptions {
  readonly mode?: "copy" | "move" | "hardlink" | "symlink" | "relsymlink";
  readonly overwrite?: boolean;
  /** Compute the checksum of a copy. */
  readonly checksum?: boolean;
  /** Copy straight under the name and leave the syncing to a later `syncFileSystem`; never overwrites. */
  readonly syncLater?: boolean;
}
