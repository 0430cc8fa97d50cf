import { readFile, writeFile } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import type { Formatter } from "../types.ts";

/** A formatter that keeps a file's bytes as they are: values are Uint8Array. */
export function createBytesFormatter(name: string, extension: string): Formatter<Uint8Array> {
  return {
    name,
    extension,
    write: async (value, path) => {
      if (!(value instanceof Uint8Array)) {
        throw new AlmagestError(
          "BUTLER.STORAGE_CLASS",
          `A file of bytes needs a Uint8Array, not ${typeof value}.`,
        );
      }
      await writeFile(path, value);
    },
    read: async (path) => new Uint8Array(await readFile(path)),
  };
}
