import { createReadStream } from "node:fs";
import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { pipeline } from "node:stream/promises";

/** Bytes to send: in memory, or a stretch of a file. Both can be sent again. */
export type HttpBody =
  | Uint8Array
  | { readonly path: string; readonly start: number; readonly sizeBytes: number };

/** One HTTP request. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
}

/** One HTTP reply, read whole. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/** Number of bytes of a body. */
export function bodySize(body: HttpBody | undefined): number {
  if (body === undefined) return 0;
  return body instanceof Uint8Array ? body.length : body.sizeBytes;
}

async function sendBody(outgoing: ClientRequest, body: HttpBody | undefined): Promise<void> {
  if (body === undefined || bodySize(body) === 0) outgoing.end();
  else if (body instanceof Uint8Array) outgoing.end(body);
  else {
    const { path, start, sizeBytes } = body;
    await pipeline(
      createReadStream(path, { start, end: start + sizeBytes - 1, highWaterMark: 1 << 20 }),
      outgoing,
    );
  }
}

/** Header names as they are spelled in print: XRootD before 5.6 takes `content-length` for something else. */
function spellNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase()),
      value,
    ]),
  );
}

/** Reads a reply to its end; a body shorter than announced is an error. */
async function readReply(incoming: IncomingMessage): Promise<HttpReply> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Uint8Array);
  const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  const announced = incoming.headers["content-length"];
  if (!incoming.complete || (announced !== undefined && incoming.statusCode !== 304 && chunks.length > 0)) {
    if (!incoming.complete || Number(announced) !== body.length)
      throw new Error(`the reply ended after ${body.length} bytes of ${announced ?? "unknown many"}`);
  }
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return { status: incoming.statusCode ?? 0, headers, body };
}

/**
 * Sends one request and reads the whole reply. Rejects where the connection fails, is silent for `idleMs`, or the body is
 * cut short. A reply that comes before the request was sent whole (an early refusal) counts.
 */
export async function sendOnce(
  request: HttpRequest,
  agents: { readonly http: Agent; readonly https: Agent },
  idleMs: number,
): Promise<HttpReply> {
  const url = new URL(request.url);
  const isTls = url.protocol === "https:";
  const send = isTls ? httpsRequest : httpRequest;
  const size = bodySize(request.body);
  const hasBody = size > 0 || request.method === "PUT" || request.method === "POST";
  const outgoing = send(url, {
    method: request.method,
    agent: isTls ? agents.https : agents.http,
    headers: spellNames({ ...request.headers, ...(hasBody ? { "content-length": `${size}` } : {}) }),
    timeout: idleMs,
  });
  const reply = new Promise<HttpReply>((resolve, reject) => {
    outgoing.once("response", (incoming) => {
      incoming.setTimeout(idleMs, () => incoming.destroy(new Error(`no byte for ${idleMs} ms`)));
      readReply(incoming).then(resolve, reject);
    });
    outgoing.once("error", reject);
    outgoing.once("timeout", () => outgoing.destroy(new Error(`no answer for ${idleMs} ms`)));
  });
  const sent = sendBody(outgoing, request.body).catch((error: Error) => {
    outgoing.destroy(error);
  });
  const result = await reply;
  if (!outgoing.writableFinished) outgoing.destroy();
  await sent;
  return result;
}
