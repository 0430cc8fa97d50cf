import { AlmagestError } from "@almagest/base";
import { cutIntoParts, forEachAtOnce, PART_BYTES, type PartSink } from "../parts.ts";
import { createEtagCheck } from "./etag.ts";
import { refusal, type S3Client } from "./s3-client.ts";

interface Source {
  readonly bucket: string;
  readonly key: string;
}

/** Part of an object; less where the object ends. Throws `RESOURCES.MISSING`. */
export async function readRange(
  client: S3Client,
  source: Source,
  start: number,
  end: number,
): Promise<Uint8Array> {
  if (end <= start) return new Uint8Array(0);
  const request = { method: "GET", ...source, headers: { range: `bytes=${start}-${end - 1}` } };
  const reply = await client.send(request);
  if (reply.status === 206) return reply.body;
  if (reply.status === 416) return new Uint8Array(0);
  if (reply.status === 200) return reply.body.subarray(start, end);
  throw refusal(reply, request);
}

function changed({ bucket, key }: Source, what: string): AlmagestError {
  return new AlmagestError("RESOURCES.CHANGED", `s3://${bucket}/${key} ${what}.`, {
    fields: { bucket, key },
    retryable: true,
  });
}

/**
 * Reads a whole object into a sink: a small one by a single request, a large one in parts at once. The bytes are checked
 * against the entity tag, and again asked for where they differ. Throws `RESOURCES.MISSING`, `RESOURCES.CHANGED`.
 */
export async function readObject(
  client: S3Client,
  source: Source,
  sink: PartSink & { begin?(sizeBytes: number): void },
): Promise<void> {
  const request = { method: "GET", ...source };
  const first = await client.send({
    ...request,
    headers: { range: `bytes=0-${PART_BYTES - 1}` },
    verify: (reply) => {
      const total = Number(reply.headers["content-range"]?.split("/")[1]);
      if (reply.status !== 206 || total > reply.body.length || reply.headers.etag === undefined)
        return undefined;
      const check = createEtagCheck(reply.headers.etag, 1);
      check?.add(0, reply.body);
      return check?.matches() === false ? "the bytes do not match the object's tag" : undefined;
    },
  });
  if (first.status === 416) return sink.begin?.(0);
  if (first.status === 200) {
    sink.begin?.(first.body.length);
    return sink.put(0, first.body);
  }
  if (first.status !== 206) throw refusal(first, request);
  const total = Number(first.headers["content-range"]?.split("/")[1]);
  const etag = first.headers.etag ?? "";
  sink.begin?.(total);
  await sink.put(0, first.body);
  if (total <= first.body.length) return;
  const parts = cutIntoParts(total);
  const check = createEtagCheck(etag, parts.length);
  check?.add(0, first.body);
  await forEachAtOnce(parts.slice(1), async ({ index, start, end }) => {
    // The tag as a condition: parts of two objects are never mixed.
    const headers = { range: `bytes=${start}-${end - 1}`, "if-match": etag };
    const reply = await client.send({ ...request, headers });
    if (reply.status === 412 || reply.status === 416) throw changed(source, "was replaced while it was read");
    if (reply.status !== 206) throw refusal(reply, request);
    if (reply.body.length !== end - start) throw changed(source, "came shorter than it is");
    check?.add(index, reply.body);
    await sink.put(start, reply.body);
  });
  if (check?.matches() === false) throw changed(source, "came with bytes that do not match its tag");
}
