import { readFile, writeFile } from "node:fs/promises";
import { AlmagestError, type Json, parseJson } from "@almagest/base";
import type { Formatter } from "../types.ts";

/** JSON as Python reads and writes it: integers beyond 2^53 stay exact, and NaN and the infinities are words. */
export function stringifyPythonJson(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "number") {
    if (Number.isNaN(value)) return "NaN";
    if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
    return JSON.stringify(value);
  }
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return `[${Array.from(value as ArrayLike<unknown>, stringifyPythonJson).join(", ")}]`;
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => `${JSON.stringify(key)}: ${stringifyPythonJson(member)}`);
  return `{${members.join(", ")}}`;
}

/** Parses what `stringifyPythonJson` or Python's json module wrote. Throws `BASE.JSON_INVALID`. */
export function parsePythonJson(text: string): Json {
  if (!/\b(NaN|Infinity)\b/.test(text)) return parseJson(text);
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (word) =>
    word.startsWith('"') ? word : `{"\u0001":"${word}"}`,
  );
  const revive = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(revive);
    const word = (value as Record<string, unknown>)["\u0001"];
    if (word !== undefined) return Number(word);
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, revive(member)]));
  };
  return revive(parseJson(marked)) as Json;
}

/** A formatter of JSON documents under a given Python class name. */
export function createJsonFormatter(name: string): Formatter {
  return {
    name,
    extension: ".json",
    parameters: [],
    write: (value, path) => writeFile(path, stringifyPythonJson(value)),
    encode: stringifyPythonJson,
    read: async (path, options) => {
      const document = parsePythonJson(await readFile(path, "utf8"));
      return options.component === undefined ? document : memberOf(document, options.component);
    },
  };
}

/** One member of a document, as a component. Throws `BUTLER.DATASET_MISSING`. */
export function memberOf(document: unknown, component: string): unknown {
  if (typeof document === "object" && document !== null && Object.hasOwn(document, component)) {
    return (document as Record<string, unknown>)[component];
  }
  throw new AlmagestError("BUTLER.DATASET_MISSING", `The dataset has no component '${component}'.`, {
    fields: { component },
  });
}
