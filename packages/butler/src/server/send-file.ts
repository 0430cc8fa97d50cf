import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { AlmagestError } from "@almagest/base";
import type { OutputRecord } from "../api/dataset-api.ts";
import { localPathOf } from "../datastore/stored-file.ts";
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

/** A response with a file of a dataset, or the range of it that is asked for. Throws `BUTLER.FILE_MISSING`, and
 * `BUTLER.NOT_LOCAL` for a file in a remote store. */
export async function sendFile(
  root: string,
  file: OutputRecord,
  request: { readonly method: string; readonly range: string | undefined },
): Promise<Response> {
  const missing = (): AlmagestError =>
    new AlmagestError("BUTLER.FILE_MISSING", `The file of dataset ${file.ref.id} is not there; run fsck.`, {
      fields: { id: file.ref.id },
    });
  const packed = zipMemberOf(file.path);
  if (packed !== undefined) {
    const bytes = await readZipMember(localPathOf(root, packed.archive), packed.member);
    return new Response(request.method === "HEAD" ? null : new Uint8Array(bytes), {
      headers: { "content-type": "application/octet-stream", "content-length": String(bytes.length) },
    });
  }
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
