import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { AlmagestError, canonicalJson, parseJson } from "@almagest/base";
import { fromJsonTree, toJsonTree } from "./json-tree.ts";

let temporaryCount = 0;

/** Writes a value as JSON with sorted keys, atomically. */
export async function writeJsonFile(path: string, schema: string, value: object): Promise<void> {
  const temporary = `${path}.${process.pid}-${temporaryCount++}.tmp`;
  try {
    await writeFile(temporary, `${canonicalJson(toJsonTree({ schema, version: 1, ...value }))}\n`, {
      flag: "wx",
    });
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Reads a JSON file of the given schema. Throws `IMAGES.FILE_INVALID`, `BASE.JSON_INVALID`. */
export async function readJsonFile(path: string, schema: string): Promise<Record<string, unknown>> {
  const tree = fromJsonTree(parseJson(await readFile(path, "utf8"))) as Record<string, unknown> | null;
  if (tree?.schema !== schema) {
    throw new AlmagestError("IMAGES.FILE_INVALID", `${path} is not a file of schema ${schema}.`, {
      fields: { path, schema, found: tree?.schema },
    });
  }
  const { schema: _schema, version: _version, ...value } = tree;
  return value;
}
