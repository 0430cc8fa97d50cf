import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { AlmagestError } from "@almagest/base";
import { isRemoteUri, storeFor } from "@almagest/resources";
import type { OutputRecord } from "../api/dataset-api.ts";
import { localPathOf, locationOf } from "../datastore/stored-file.ts";
import { readZipMember, zipMemberOf } from "../datastore/zip-member.ts";

interface Span {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

/** The one range of a `Range` header; undefined for none or several (then the whole is sent), `unsatisfiable` beyond the end. */
export function readRange(header: string | undefined, size: number): Span | undefined | "unsatisfiable" {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return undefined;
  const [, first, last] = match;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start >= size) return "unsatisfiable";
  return start > end ? undefined : { start, end };
}

interface FileRequest {
  readonly method: string;
  readonly range: string | undefined;
}

/** How long the store's own address of a file is good, once the client is sent there. */
const REDIRECT_SEC = 300;

/** A file in a remote store: where the store signs addresses the client is sent there, else the file goes through here. */
async function sendRemote(
  location: string,
  file: OutputRecord,
  { method }: FileRequest,
  missing: () => AlmagestError,
): Promise<Response> {
  const store = await storeFor(location);
  if (method !== "HEAD" && store.signedUrl !== undefined) {
    const url = await store.signedUrl(location, { expiresSec: REDIRECT_SEC });
    return new Response(null, { status: 307, headers: { location: url, "cache-control": "no-store" } });
  }
  const found = await store.info(location);
  if (found === undefined) throw missing();
  const headers = new Headers({
    "content-type": "application/octet-stream",
    "content-length": String(found.sizeBytes),
  });
  if (file.checksum !== undefined) headers.set("etag", `"${file.checksum}"`);
  if (method === "HEAD") return new Response(null, { headers });
  const local = await store.toLocal(location);
  const source = createReadStream(local.path);
  source.once("close", () => void local[Symbol.asyncDispose]());
  return new Response(Readable.toWeb(source) as unknown as ReadableStream, { headers });
}

/** A response with a file of a dataset, or the range of it that is asked for. A file in a store that signs addresses (S3) is a
 * redirection there. Throws `BUTLER.FILE_MISSING`. */
export async function sendFile(root: string, file: OutputRecord, request: FileRequest): Promise<Response> {
  const missing = (): AlmagestError =>
    new AlmagestError("BUTLER.FILE_MISSING", `The file of dataset ${file.ref.id} is not there; run fsck.`, {
      fields: { id: file.ref.id },
    });
  const packed = zipMemberOf(file.path);
  if (packed !== undefined) {
    const archive = locationOf(root, packed.archive);
    await using local = await (await storeFor(archive)).toLocal(archive);
    const bytes = await readZipMember(local.path, packed.member);
    return new Response(request.method === "HEAD" ? null : new Uint8Array(bytes), {
      headers: { "content-type": "application/octet-stream", "content-length": String(bytes.length) },
    });
  }
  const location = locationOf(root, file.path);
  if (isRemoteUri(location)) return sendRemote(location, file, request, missing);
  const path = localPathOf(root, file.path);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw missing();
  const { size } = found;
  const span = readRange(request.range, size);
  const headers = new Headers({ "accept-ranges": "bytes", "content-type": "application/octet-stream" });
  if (file.checksum !== undefined) headers.set("etag", `"${file.checksum}"`);
  if (span === "unsatisfiable") {
    headers.set("content-range", `bytes */${size}`);
    return new Response(null, { status: 416, headers });
  }
  const { start, end } = span ?? { start: 0, end: size - 1 };
  headers.set("content-length", String(end - start + 1));
  if (span !== undefined) headers.set("content-range", `bytes ${start}-${end}/${size}`);
  const status = span === undefined ? 200 : 206;
  if (request.method === "HEAD" || size === 0) return new Response(null, { status, headers });
  const body = Readable.toWeb(createReadStream(path, { start, end })) as unknown as ReadableStream;
  return new Response(body, { status, headers });
}
