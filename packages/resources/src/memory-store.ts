import { readFile, rm, writeFile } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import { checksumOf } from "./checksum.ts";
import { copyToTemporary } from "./local-copy.ts";
import { encodePath, parseRemoteUri } from "./remote-uri.ts";
import type { ResourceStore } from "./resource-store.ts";
import { copyOnly } from "./upload-mode.ts";

/** A store in this process's memory, for tests and short-lived data: `mem://anything/path`. It ends with the process. */
export function createMemoryStore(): ResourceStore {
  const objects = new Map<string, { bytes: Uint8Array; modifiedMs: number }>();
  const keyOf = (uri: string): string => {
    const { authority, path } = parseRemoteUri(uri);
    return `mem://${authority}/${encodePath(path)}`;
  };
  const bytesOf = (uri: string): Uint8Array => {
    const found = objects.get(keyOf(uri));
    if (found !== undefined) return found.bytes;
    throw new AlmagestError("RESOURCES.MISSING", `There is no object ${uri}.`, { fields: { uri } });
  };
  const write = (uri: string, bytes: Uint8Array, overwrite: boolean): void => {
    const key = keyOf(uri);
    if (!overwrite && objects.has(key)) {
      throw new AlmagestError("RESOURCES.EXISTS", `The object ${uri} exists already.`, { fields: { uri } });
    }
    objects.set(key, { bytes: bytes.slice(), modifiedMs: Date.now() });
  };
  return {
    schemes: ["mem"],
    info: async (uri) => {
      const found = objects.get(keyOf(uri));
      return found === undefined
        ? undefined
        : { uri, sizeBytes: found.bytes.length, modifiedMs: found.modifiedMs };
    },
    read: async (uri, range) => bytesOf(uri).slice(range?.start ?? 0, range?.end),
    write: async (uri, bytes, { overwrite = false } = {}) => write(uri, bytes, overwrite),
    upload: async (localPath, uri, options = {}) => {
      copyOnly(uri, options);
      const bytes = await readFile(localPath);
      write(uri, bytes, options.overwrite ?? false);
      if (options.mode === "move") await rm(localPath);
      return {
        sizeBytes: bytes.length,
        ...(options.checksum ? { checksum: checksumOf(bytes) } : {}),
      };
    },
    download: async (uri, localPath) => writeFile(localPath, bytesOf(uri)),
    toLocal: async (uri) =>
      copyToTemporary(parseRemoteUri(uri).path, (path) => writeFile(path, bytesOf(uri))),
    remove: async (uri) => objects.delete(keyOf(uri)),
    list: async function* (prefix) {
      const start = keyOf(prefix);
      for (const [uri, { bytes, modifiedMs }] of [...objects]) {
        if (uri.startsWith(start)) yield { uri, sizeBytes: bytes.length, modifiedMs };
      }
    },
  };
}
