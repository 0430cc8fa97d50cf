/** @module One interface over files and object stores: durable whole-file writes, transfers, checksums, URIs. */
export { checksumFile, checksumOf, type RunningChecksum, startChecksum } from "./checksum.ts";
export {
  type DurableFile,
  type DurableOptions,
  isTemporaryName,
  syncDirectory,
  syncFileSystem,
  temporaryName,
  writeDurably,
} from "./durable-file.ts";
export { RESOURCES_ERRORS } from "./errors.ts";
export { createFileStore } from "./file-store.ts";
export { createMemoryStore } from "./memory-store.ts";
export { decodePath, encodePath, isRemoteUri, resolveLocation } from "./remote-uri.ts";
export type {
  LocalFile,
  ResourceInfo,
  ResourceStore,
  SignedUrlOptions,
  StoredObject,
  UploadOptions,
} from "./resource-store.ts";
export { SMALL_FILE_BYTES, writeSmallDurably } from "./small-file.ts";
export { isRemoteScheme, storeFor } from "./store-for.ts";
export { isAbsoluteUri, resolveWithin, toFileUri, toLocalPath, uriScheme } from "./uri.ts";
