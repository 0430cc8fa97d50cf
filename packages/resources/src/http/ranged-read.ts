import type { AlmagestError } from "@almagest/base";
import { cutIntoParts, forEachAtOnce, PART_BYTES, type PartSink } from "../parts.ts";
import type { FinalReply } from "./http-client.ts";
import type { HttpReply } from "./send-once.ts";

/** Checks an object's bytes against what the service tells of them, as its parts come in. */
export interface ContentCheck {
  add(index: number, bytes: Uint8Array): void;
  /** True when the bytes are those told of. */
  matches(): boolean;
}

/** An object that HTTP serves. */
export interface HttpSource {
  get(
    headers: Readonly<Record<string, string>>,
    verify?: (reply: HttpReply) => string | undefined,
  ): Promise<FinalReply>;
  /** Asks for size and checksum first, for servers that must not be asked for bytes beyond the end (XRootD 5.5 breaks off).
   * Undefined where a read may begin with a range. */
  readonly look?: () => Promise<{ readonly sizeBytes: number; readonly headers: HttpReply["headers"] }>;
  /** The error of a reply that is no success; `RESOURCES.MISSING` for 404. */
  refusal(reply: FinalReply): AlmagestError;
  /** `RESOURCES.CHANGED` with what happened. */
  changed(what: string): AlmagestError;
  /** The check that a reply's headers allow, for an object in so many parts. */
  createCheck(headers: HttpReply["headers"], partCount: number): ContentCheck | undefined;
}

/** Part of an object; less where the object ends. */
export async function readRange(source: HttpSource, start: number, end: number): Promise<Uint8Array> {
  const last = Math.min(end, (await source.look?.())?.sizeBytes ?? end);
  if (last <= start) return new Uint8Array(0);
  const reply = await source.get({ range: `bytes=${start}-${last - 1}` });
  if (reply.status === 206) return reply.body;
  if (reply.status === 416) return new Uint8Array(0);
  if (reply.status === 200) return reply.body.subarray(start, last);
  throw source.refusal(reply);
}

type Headers = HttpReply["headers"];

function totalOf(reply: HttpReply): number {
  return reply.status === 206 ? Number(reply.headers["content-range"]?.split("/")[1]) : reply.body.length;
}

/** What is wrong with a reply that should be a whole object. */
function checkWhole(source: HttpSource, reply: HttpReply, headers: Headers): string | undefined {
  if ((reply.status !== 206 && reply.status !== 200) || totalOf(reply) > reply.body.length) return undefined;
  const check = source.createCheck(headers, 1);
  check?.add(0, reply.body);
  return check?.matches() === false ? "the bytes do not match the checksum" : undefined;
}

/** The beginning of an object, or all of it, with the headers that tell its checksum. */
async function readFirst(
  source: HttpSource,
): Promise<{ reply: FinalReply; total: number; headers: Headers }> {
  const known = await source.look?.();
  if (known !== undefined) {
    const { sizeBytes: total, headers } = known;
    const range = total > PART_BYTES ? { range: `bytes=0-${PART_BYTES - 1}` } : {};
    const reply = await source.get(range, (candidate) => {
      if (candidate.status === 200 && candidate.body.length !== total)
        return `${candidate.body.length} of ${total} bytes came`;
      return checkWhole(source, candidate, headers);
    });
    return { reply, total, headers };
  }
  const reply = await source.get({ range: `bytes=0-${PART_BYTES - 1}` }, (candidate) =>
    checkWhole(source, candidate, candidate.headers),
  );
  return { reply, total: reply.status === 416 ? 0 : totalOf(reply), headers: reply.headers };
}

/**
 * Reads a whole object into a sink: a small one by a single request, a large one in parts at once. The bytes are checked
 * where the service tells a checksum, and asked for again where they differ. Throws `RESOURCES.MISSING`, `RESOURCES.CHANGED`.
 */
export async function readWhole(
  source: HttpSource,
  sink: PartSink & { begin?(sizeBytes: number): void },
): Promise<void> {
  const { reply: first, total, headers } = await readFirst(source);
  if (first.status === 416) return sink.begin?.(0);
  if (first.status !== 206 && first.status !== 200) throw source.refusal(first);
  sink.begin?.(total);
  await sink.put(0, first.body);
  if (total <= first.body.length) return;
  const parts = cutIntoParts(total);
  const check = source.createCheck(headers, parts.length);
  check?.add(0, first.body);
  const tag = first.headers.etag ?? "W/";
  // The tag as a condition: parts of two objects are never mixed.
  const condition = tag.startsWith("W/") ? {} : { "if-match": tag };
  await forEachAtOnce(parts.slice(1), async ({ index, start, end }) => {
    const reply = await source.get({ range: `bytes=${start}-${end - 1}`, ...condition });
    if (reply.status === 412 || reply.status === 416) throw source.changed("was replaced while it was read");
    if (reply.status !== 206) throw source.refusal(reply);
    if (reply.body.length !== end - start || totalOf(reply) !== total)
      throw source.changed("changed its size while it was read");
    check?.add(index, reply.body);
    await sink.put(start, reply.body);
  });
  if (check?.matches() === false) throw source.changed("came with bytes that do not match its checksum");
}
