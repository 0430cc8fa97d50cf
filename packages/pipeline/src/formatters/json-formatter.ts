import { AlmagestError } from "@almagest/base";
import { createEncodingFormatter } from "./encoding-formatter.ts";

/** JSON as Python reads and writes it: not-a-number and the infinities are bare words. Components are members. */
export const jsonFormatter = createEncodingFormatter<unknown>({
  name: "lsst.daf.butler.formatters.json.JsonFormatter",
  extension: ".json",
  encode: encodePythonJson,
  parse(text, options, path) {
    let value: unknown;
    try {
      value = decodePythonJson(text);
    } catch (cause) {
      throw new AlmagestError(
        "PIPELINE.FORMAT_INVALID",
        `${path} is not JSON: ${(cause as Error).message}.`,
        {
          fields: { path },
          cause,
        },
      );
    }
    if (options.component === undefined) return value;
    return (value as Readonly<Record<string, unknown>> | null)?.[options.component];
  },
});

/** Texts by pieces: this runs several times per quantum, and lists of members cost more than the text itself. */
function encodePythonJson(value: unknown): string {
  if (typeof value === "string") return encodeText(value);
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : nonFinite(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  let text = "";
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const list = value as ArrayLike<unknown>;
    for (let i = 0; i < list.length; i++) text += (i === 0 ? "" : ",") + encodePythonJson(list[i]);
    return `[${text}]`;
  }
  for (const key of Object.keys(value)) {
    const member = (value as Readonly<Record<string, unknown>>)[key];
    if (member === undefined) continue;
    text += `${(text === "" ? "" : ",") + encodeText(key)}:${encodePythonJson(member)}`;
  }
  return `{${text}}`;
}

/** Most texts hold nothing that must be written otherwise. */
const encodeText = (text: string): string =>
  /^[ !#-[\]-~]*$/.test(text) ? `"${text}"` : JSON.stringify(text);

const nonFinite = (value: number): string =>
  Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";

/** Stands for a bare word while the rest is parsed; no document of ours has such a key. */
const WORD = "almagest:word";

function decodePythonJson(text: string): unknown {
  if (!/NaN|Infinity/.test(text)) return JSON.parse(text);
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (word) =>
    word.startsWith('"') ? word : `{"${WORD}":"${word}"}`,
  );
  return JSON.parse(marked, (_key, value) =>
    typeof value?.[WORD] === "string" ? Number(value[WORD]) : value,
  );
}
