/** What is known of a stored object without reading it. */
export interface ResourceInfo {
  readonly uri: string;
  readonly sizeBytes: number;
  /** When it was last written, where the store tells. */
  readonly modifiedMs?: number;
}

/** What is known of an object that was just stored. */
export interface StoredObject {
  readonly sizeBytes: number;
  /** BLAKE2b-512 in hex, where asked for. */
  readonly checksum?: string;
  /** Of a file: tells this very one from another put under the same name later. */
  readonly inode?: number;
}

/** A file on this machine that holds an object's bytes; dispose it when done (a temporary copy is deleted). */
export interface LocalFile extends AsyncDisposable {
  readonly path: string;
}

/** One way of keeping objects by URI: files, memory, S3, Google Cloud Storage and WebDAV by the same interface. */
export interface ResourceStore {
  /** URI schemes it serves, without colon. */
  readonly schemes: readonly string[];
  /** Size and existence; undefined when there is no such object. */
  info(uri: string): Promise<ResourceInfo | undefined>;
  /** Bytes of an object, or of one range of it. Throws `RESOURCES.MISSING`. */
  read(uri: string, range?: { readonly start: number; readonly end: number }): Promise<Uint8Array>;
  /** Stores bytes: afterwards the object is there whole, or as it was before. Throws `RESOURCES.EXISTS` where it exists
   * and `overwrite` is not set. */
  write(uri: string, bytes: Uint8Array, options?: { readonly overwrite?: boolean }): Promise<void>;
  /** Stores a local file by copy, or otherwise where the store can. A copy tells what it wrote. Throws `RESOURCES.EXISTS`,
   * and `RESOURCES.MODE_UNSUPPORTED` for links to another machine. */
  upload(localPath: string, uri: string, options?: UploadOptions): Promise<StoredObject | undefined>;
  /** Copies an object into a local file of this name, which must not matter until this returns. */
  download(uri: string, localPath: string): Promise<void>;
  /** The object as a local file. */
  toLocal(uri: string): Promise<LocalFile>;
  /** Deletes an object; false when it is known not to have been there. */
  remove(uri: string): Promise<boolean>;
  /** Objects below a prefix that ends with `/`, in no particular order. */
  list(prefix: string): AsyncIterable<ResourceInfo>;
  /** A URL by which anybody may read (or write) the object for a while, where the store can sign one. */
  signedUrl?(uri: string, options: SignedUrlOptions): Promise<string>;
  /** Closes kept connections. */
  close?(): void;
}

/** What a signed URL allows. */
export interface SignedUrlOptions {
  readonly method?: "GET" | "PUT";
  readonly expiresSec: number;
}

/** How to bring a local file into a store. */
export interface UploadOptions {
  readonly mode?: "copy" | "move" | "hardlink" | "symlink" | "relsymlink";
  readonly overwrite?: boolean;
  /** Compute the checksum of a copy. */
  readonly checksum?: boolean;
  /** Copy straight under the name and leave the syncing to a later `syncFileSystem`; never overwrites. */
  readonly syncLater?: boolean;
  /** The file system is a local disk: what is small goes in blocking calls, which take a fraction of the time. */
  readonly localDisk?: boolean;
}
