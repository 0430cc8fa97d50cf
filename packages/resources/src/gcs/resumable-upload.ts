import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import type { FinalReply } from "../http/http-client.ts";
import { cutIntoParts, PART_BYTES, readStretch } from "../parts.ts";
import type { StoredObject } from "../resource-store.ts";
import { type GcsClient, type GcsRequest, type GcsTarget, objectPath, refusal } from "./gcs-client.ts";
import { openUploadSession, type UploadSession } from "./upload-session.ts";

/** Bytes that one request carries: a multiple of the 256 KiB that the service demands. */
const CHUNK_BYTES = 2 * PART_BYTES;

/** An object of this name is there already. */
export function existsError({ bucket, key }: GcsTarget): AlmagestError {
  return new AlmagestError("RESOURCES.EXISTS", `The object gs://${bucket}/${key} exists already.`, {
    fields: { bucket, key },
  });
}

/** What an upload needs to know: a file, its digests, and where it goes. */
interface Upload {
  readonly client: GcsClient;
  readonly target: GcsTarget;
  readonly path: string;
  readonly sizeBytes: number;
  /** Base64, as the service has it. */
  readonly md5: string;
  readonly overwrite: boolean;
}

async function readDigests(
  path: string,
  wantsChecksum: boolean,
): Promise<{ sizeBytes: number; md5: string; checksum: string | undefined }> {
  await using file = await open(path, "r");
  const { size } = await file.stat();
  const md5 = createHash("md5");
  const blake = wantsChecksum ? createHash("blake2b512") : undefined;
  for (const { start, end } of cutIntoParts(size)) {
    const bytes = await readStretch(file, start, end);
    md5.update(bytes);
    blake?.update(bytes);
  }
  return { sizeBytes: size, md5: md5.digest("base64"), checksum: blake?.digest("hex") };
}

/** Begins a session. The service refuses bytes of another MD5 than it is told here. */
async function begin({ client, target, sizeBytes, md5, overwrite }: Upload): Promise<string> {
  const what = `POST gs://${target.bucket}/${target.key}`;
  const reply = await client.send({
    method: "POST",
    path: `/upload/storage/v1/b/${encodeURIComponent(target.bucket)}/o`,
    query: {
      uploadType: "resumable",
      name: target.key,
      ...(overwrite ? {} : { ifGenerationMatch: "0" }),
    },
    headers: {
      "content-type": "application/json",
      "x-upload-content-type": "application/octet-stream",
      "x-upload-content-length": `${sizeBytes}`,
    },
    body: Buffer.from(JSON.stringify({ name: target.key, md5Hash: md5 })),
  });
  if (reply.status === 412) throw existsError(target);
  const url = reply.headers.location;
  if (reply.status !== 200 || url === undefined) throw refusal(reply, what);
  return url;
}

const askState = (path: string, sizeBytes: number): GcsRequest => ({
  method: "PUT",
  path,
  headers: { "content-range": `bytes */${sizeBytes}` },
});

/** Bytes that a service says it holds of an unfinished upload. */
function heldBytes(reply: FinalReply): number {
  const last = /-(\d+)$/.exec(reply.headers.range ?? "")?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

/** Sends what the service does not have. After a failure it is asked what it has: it may be more than was acknowledged. */
async function sendRest(upload: Upload, url: string, from: number): Promise<FinalReply> {
  const { client, path, sizeBytes } = upload;
  for (let start = from; ; ) {
    const end = Math.min(sizeBytes, start + CHUNK_BYTES);
    let attempts = 0;
    const reply = await client.send(() => {
      if (attempts++ > 0) return askState(url, sizeBytes);
      return {
        method: "PUT",
        path: url,
        headers: { "content-range": `bytes ${start}-${end - 1}/${sizeBytes}` },
        body: { path, start, sizeBytes: end - start },
      };
    });
    if (reply.status !== 308) return reply;
    start = heldBytes(reply);
  }
}

/** Continues the session of an earlier process; undefined where it has ended, or there is none. */
async function resume(upload: Upload, session: UploadSession): Promise<FinalReply | undefined> {
  const url = await session.find();
  if (url === undefined) return undefined;
  const reply = await upload.client.send(askState(url, upload.sizeBytes));
  if (reply.status === 200 || reply.status === 201) return reply;
  return reply.status === 308 ? sendRest(upload, url, heldBytes(reply)) : undefined;
}

/** The object that came to be is not of these bytes: it is taken away again, unless it was replaced meanwhile. */
async function takeBack({ client, target }: Upload, generation: string): Promise<never> {
  await client.send({
    method: "DELETE",
    path: objectPath(target),
    query: { ifGenerationMatch: generation },
  });
  throw new AlmagestError(
    "RESOURCES.CHANGED",
    `gs://${target.bucket}/${target.key} arrived garbled, or its file changed meanwhile, and was taken away; upload it again.`,
    { fields: { ...target }, retryable: true },
  );
}

/**
 * Uploads a local file in chunks by one resumable session. A killed upload of the same bytes to the same name is continued:
 * its session is remembered in the user's cache folder. The object appears when the last chunk is in, or not at all.
 * Throws `RESOURCES.EXISTS`, `RESOURCES.CHANGED`.
 */
export async function uploadResumably(
  client: GcsClient,
  path: string,
  target: GcsTarget,
  options: { readonly overwrite: boolean; readonly checksum: boolean },
): Promise<StoredObject> {
  const { sizeBytes, md5, checksum } = await readDigests(path, options.checksum);
  const upload: Upload = { client, target, path, sizeBytes, md5, overwrite: options.overwrite };
  const name = `${target.bucket}/${target.key}${options.overwrite ? "" : " (new)"}`;
  const session = openUploadSession(client.endpoint, name, md5);
  let reply = await resume(upload, session);
  if (reply === undefined) {
    const url = await begin(upload);
    await session.keep(url);
    reply = await sendRest(upload, url, 0);
  }
  await session.forget();
  if (reply.status === 412) throw existsError(target);
  if (reply.status !== 200 && reply.status !== 201) {
    throw refusal(reply, `PUT gs://${target.bucket}/${target.key}`);
  }
  const stored = JSON.parse(Buffer.from(reply.body).toString()) as { md5Hash?: string; generation: string };
  if (stored.md5Hash !== undefined && stored.md5Hash !== md5) return takeBack(upload, stored.generation);
  return { sizeBytes, ...(checksum === undefined ? {} : { checksum }) };
}
