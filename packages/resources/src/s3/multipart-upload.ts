import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import {
  createOrderedHash,
  cutIntoParts,
  digestOf,
  forEachAtOnce,
  PART_BYTES,
  type Part,
  readStretch,
} from "../parts.ts";
import type { StoredObject } from "../resource-store.ts";
import { parseXmlReply } from "../xml-reply.ts";
import { multipartEtag } from "./etag.ts";
import { refusal, type S3Client } from "./s3-client.ts";

const MOST_PARTS = 10_000;
const MEBIBYTE = 1024 * 1024;

interface Target {
  readonly bucket: string;
  readonly key: string;
}

function partBytesFor(sizeBytes: number): number {
  const least = Math.ceil(sizeBytes / MOST_PARTS / MEBIBYTE) * MEBIBYTE;
  return Math.max(PART_BYTES, least);
}

/** Parts that a service holds of an unfinished upload: number to MD5. */
async function partsHeld(client: S3Client, target: Target, uploadId: string): Promise<Map<number, string>> {
  const held = new Map<number, string>();
  let marker = "0";
  for (;;) {
    const request = { method: "GET", ...target, query: { uploadId, "part-number-marker": marker } };
    const reply = await client.send(request);
    if (reply.status !== 200) return new Map();
    const root = parseXmlReply(reply.body, "ListParts");
    for (const part of root.all("Part")) {
      held.set(Number(part.textOf("PartNumber")), part.textOf("ETag").replaceAll('"', ""));
    }
    if (root.textOf("IsTruncated") !== "true") return held;
    marker = root.textOf("NextPartNumberMarker");
  }
}

/** Unfinished uploads of exactly this key. */
async function unfinishedUploads(client: S3Client, { bucket, key }: Target): Promise<string[]> {
  const reply = await client.send({ method: "GET", bucket, query: { uploads: "", prefix: key } });
  if (reply.status !== 200) return [];
  return parseXmlReply(reply.body, "ListMultipartUploads")
    .all("Upload")
    .filter((upload) => upload.textOf("Key") === key)
    .map((upload) => upload.textOf("UploadId"));
}

async function begin(client: S3Client, target: Target): Promise<string> {
  const request = { method: "POST", ...target, query: { uploads: "" } };
  const reply = await client.send(request);
  if (reply.status !== 200) throw refusal(reply, request);
  return parseXmlReply(reply.body, "CreateMultipartUpload").textOf("UploadId");
}

/** An unfinished upload of the same bytes, left by a killed process, and the parts it need not send again. */
async function findResumable(
  client: S3Client,
  target: Target,
  parts: readonly Part[],
  md5Of: (part: Part) => Promise<string>,
): Promise<{ uploadId: string; held: ReadonlyMap<number, string> } | undefined> {
  for (const uploadId of await unfinishedUploads(client, target)) {
    const held = await partsHeld(client, target, uploadId);
    let fits = held.size > 0;
    for (const [number, md5] of held) {
      const part = parts[number - 1];
      fits &&= part !== undefined && (await md5Of(part)) === md5;
      if (!fits) break;
    }
    if (fits) return { uploadId, held };
  }
  return undefined;
}

/** Whether the object is there with this tag: after a lost reply the service may have done what was asked. */
async function hasEtag(client: S3Client, target: Target, etag: string): Promise<boolean> {
  const reply = await client.send({ method: "HEAD", ...target });
  return reply.status === 200 && reply.headers.etag?.replaceAll('"', "") === etag;
}

async function complete(
  client: S3Client,
  target: Target,
  uploadId: string,
  md5s: readonly string[],
  overwrite: boolean,
): Promise<void> {
  const list = md5s.map(
    (md5, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>"${md5}"</ETag></Part>`,
  );
  const request = {
    method: "POST",
    ...target,
    query: { uploadId },
    headers: overwrite ? {} : { "if-none-match": "*" },
    body: Buffer.from(`<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`),
    // A service may answer 200 before it knows, and tell the failure in the body.
    verify: (reply: { status: number; body: Uint8Array }) =>
      reply.status === 200 && Buffer.from(reply.body).includes("<Error>")
        ? "the upload could not be completed"
        : undefined,
  };
  const reply = await client.send(request);
  if (reply.status === 200 || (await hasEtag(client, target, multipartEtag(md5s)))) return;
  if (reply.status === 412 || reply.status === 409) throw existsError(target);
  throw refusal(reply, request);
}

/** An object of this name is there already. */
export function existsError({ bucket, key }: Target): AlmagestError {
  return new AlmagestError("RESOURCES.EXISTS", `The object s3://${bucket}/${key} exists already.`, {
    fields: { bucket, key },
  });
}

/**
 * Uploads a local file in parts, several at once; each part's SHA-256 is checked by the service, and its MD5 by us. A killed
 * upload of the same file to the same key is continued: the service knows which parts it has, so that nothing needs to be
 * kept here. The object appears when the last part is in, or not at all.
 */
export async function uploadInParts(
  client: S3Client,
  localPath: string,
  target: Target,
  options: { readonly overwrite: boolean; readonly checksum: boolean },
): Promise<StoredObject> {
  await using file = await open(localPath, "r");
  const { size } = await file.stat();
  const parts = cutIntoParts(size, partBytesFor(size));
  const md5s: string[] = [];
  const md5Of = async (part: Part): Promise<string> =>
    (md5s[part.index] ??= digestOf("md5", await readStretch(file, part.start, part.end)));
  const resumed = await findResumable(client, target, parts, md5Of);
  const uploadId = resumed?.uploadId ?? (await begin(client, target));
  const whole = options.checksum ? createOrderedHash(createHash("blake2b512")) : undefined;
  await forEachAtOnce(parts, async (part) => {
    const bytes = await readStretch(file, part.start, part.end);
    whole?.add(part.index, bytes);
    const md5 = (md5s[part.index] ??= digestOf("md5", bytes));
    if (resumed?.held.get(part.index + 1) === md5) return;
    const request = {
      method: "PUT",
      ...target,
      query: { partNumber: `${part.index + 1}`, uploadId },
      body: bytes,
      verify: (reply: { status: number; headers: { etag?: string | undefined } }) =>
        reply.status === 200 && reply.headers.etag?.replaceAll('"', "") !== md5
          ? "a part arrived garbled"
          : undefined,
    };
    const reply = await client.send(request);
    if (reply.status !== 200) throw refusal(reply, request);
  });
  await complete(client, target, uploadId, md5s, options.overwrite);
  return { sizeBytes: size, ...(whole === undefined ? {} : { checksum: whole.digest() }) };
}
