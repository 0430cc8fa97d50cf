import { writeFile } from "node:fs/promises";
import type { Formatter } from "@almagest/butler";

/** A formatter of small documents that can also give a file's content at once, without touching the disk. */
export interface EncodingFormatter<T = unknown> extends Formatter<T> {
  encode(value: T): string;
}

/** A formatter from its name, extension, encoder and reader. */
export function createEncodingFormatter<T>(
  parts: Pick<EncodingFormatter<T>, "name" | "extension" | "encode" | "read">,
): EncodingFormatter<T> {
  return { ...parts, write: (value, path) => writeFile(path, parts.encode(value)) };
}

/** True when a formatter can encode. */
export function isEncodingFormatter(formatter: Formatter): formatter is EncodingFormatter {
  return typeof (formatter as Partial<EncodingFormatter>).encode === "function";
}
