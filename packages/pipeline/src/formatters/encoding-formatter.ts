import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Formatter, ReadOptions } from "@almagest/butler";

/** A formatter of small documents that can also give a file's content at once, without touching the disk. */
export interface EncodingFormatter<T = unknown> extends Formatter<T> {
  encode(value: T): string;
}

/** A formatter from its name, extension, encoder and reader; or from a parser of the text, which also reads datasets that
 * are members of an archive without a file between. */
export function createEncodingFormatter<T>(
  parts: Pick<EncodingFormatter<T>, "name" | "extension" | "encode"> &
    (
      | Pick<EncodingFormatter<T>, "read">
      | { parse(text: string, options: ReadOptions, path: string): unknown }
    ),
): EncodingFormatter<T> {
  const { name, extension, encode } = parts;
  const write = (value: T, path: string): Promise<void> => writeFile(path, encode(value));
  if ("read" in parts) return { name, extension, encode, write, read: parts.read };
  return {
    name,
    extension,
    encode,
    write,
    // Small documents: a call that waits is several times faster here than an asynchronous one.
    read: async (path, options) => parts.parse(readFileSync(path, "utf8"), options, path),
    decode: async (bytes, options) =>
      parts.parse(Buffer.from(bytes).toString("utf8"), options, "a member of an archive"),
  };
}

/** True when a formatter can encode. */
export function isEncodingFormatter(formatter: Formatter): formatter is EncodingFormatter {
  return typeof (formatter as Partial<EncodingFormatter>).encode === "function";
}
