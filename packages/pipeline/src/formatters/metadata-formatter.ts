import { readFile } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import type { MetadataValue, TaskMetadata } from "../run/task-metadata.ts";
import { createEncodingFormatter } from "./encoding-formatter.ts";

/** Metadata of quanta in the JSON of `lsst.pipe.base.TaskMetadata`: not-a-number and the infinities are bare words. */
export const metadataFormatter = createEncodingFormatter<TaskMetadata>({
  name: "lsst.daf.butler.formatters.json.JsonFormatter",
  extension: ".json",
  encode: (metadata) => encodeMetadata(metadata),
  async read(path) {
    const text = await readFile(path, "utf8");
    try {
      const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (word) =>
        word.startsWith('"') ? word : `{"word":"${word}"}`,
      );
      return JSON.parse(marked, (_key, value) =>
        typeof value?.word === "string" && Object.keys(value).length === 1 ? Number(value.word) : value,
      ) as TaskMetadata;
    } catch (cause) {
      throw new AlmagestError(
        "PIPELINE.FORMAT_INVALID",
        `${path} is not metadata: ${(cause as Error).message}.`,
        {
          fields: { path },
          cause,
        },
      );
    }
  },
});

function encodeMetadata({ scalars, arrays, metadata }: TaskMetadata): string {
  const members = <T>(table: Readonly<Record<string, T>>, encode: (value: T) => string): string =>
    `{${Object.entries(table)
      .map(([key, value]) => `${JSON.stringify(key)}:${encode(value)}`)
      .join(",")}}`;
  const list = (values: readonly MetadataValue[]): string => `[${values.map(encodeValue).join(",")}]`;
  return `{"scalars":${members(scalars, encodeValue)},"arrays":${members(arrays, list)},"metadata":${members(metadata, encodeMetadata)}}`;
}

function encodeValue(value: MetadataValue): string {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : JSON.stringify(value);
}
