import type { IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import { AlmagestError, parseJson } from "@almagest/base";

/** Parameters of a call: JSON values, or texts where they came from a form or a query. */
export type Parameters = Readonly<Record<string, unknown>>;

/** Of a body, and of what it is unpacked to: a workflow of bps may have 400 MB. */
const MAX_BYTES = 512 * 1024 * 1024;

function invalid(why: string, cause?: unknown): AlmagestError {
  return new AlmagestError("WORKLOAD.REQUEST_INVALID", `The request cannot be read: ${why}.`, { cause });
}

/** By events: an async iterator over the few bytes of a report costs more than all else that is done with them. */
function readAll(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_BYTES) return void chunks.push(chunk);
      request.pause();
      reject(invalid(`it is longer than ${MAX_BYTES} bytes`));
    });
    request.once("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.once("error", (cause) => reject(invalid("it was cut short", cause)));
  });
}

/** Keys that come more than once (v1's way to send a list in a query) become lists. */
export function readForm(text: string): Parameters {
  if (text === "") return {};
  const form = new URLSearchParams(text);
  return Object.fromEntries(
    Array.from(new Set(form.keys()), (key) => {
      const values = form.getAll(key);
      return [key, values.length > 1 ? values : values[0]];
    }),
  );
}

/**
 * The parameters of a request: query and body together. The pilot sends gzipped JSON without saying so, so the body is
 * judged by its first bytes: gzip's magic, then `{` for JSON, else a form. Throws `WORKLOAD.REQUEST_INVALID`.
 */
export async function decodeParameters(request: IncomingMessage, query: string): Promise<Parameters> {
  const raw = await readAll(request);
  let body = raw;
  if (raw[0] === 0x1f && raw[1] === 0x8b) {
    try {
      body = gunzipSync(raw, { maxOutputLength: MAX_BYTES });
    } catch (cause) {
      throw invalid("its gzip stream is damaged", cause);
    }
  }
  const text = body.toString("utf8").trim();
  if (text === "") return readForm(query);
  if (!text.startsWith("{")) return { ...readForm(query), ...readForm(text) };
  try {
    return { ...readForm(query), ...(parseJson(text) as Record<string, unknown>) };
  } catch (cause) {
    throw invalid((cause as Error).message, cause);
  }
}
