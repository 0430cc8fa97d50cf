import { createHash, randomUUID } from "node:crypto";
import { open, rm, stat } from "node:fs/promises";
import { checksumOf } from "../checksum.ts";
import { createHttpClient, type HttpClientOptions } from "../http/http-client.ts";
import { readBytes, readToFile } from "../http/read-source.ts";
import { copyToTemporary } from "../local-copy.ts";
import { PART_BYTES, readStretch } from "../parts.ts";
import { encodePath } from "../remote-uri.ts";
import type { ResourceInfo, ResourceStore, StoredObject } from "../resource-store.ts";
import { copyOnly } from "../upload-mode.ts";
import {
  createGcsClient,
  type GcsClient,
  type GcsTarget,
  objectPath,
  parseGcsUri,
  refusal,
} from "./gcs-client.ts";
import { createGcsSource } from "./gcs-source.ts";
import { existsError, uploadResumably } from "./resumable-upload.ts";
import { signGcsUrl } from "./signed-url.ts";

/** Files larger than this go up by a resumable session. */
const SINGLE_POST_BYTES = 2 * PART_BYTES;

/** What the JSON API tells of an object. */
interface GcsObject {
  readonly name: string;
  readonly size: string;
  readonly updated: string;
  readonly md5Hash?: string;
}

const replyOf = <T>(body: Uint8Array): T => JSON.parse(Buffer.from(body).toString()) as T;

async function describe(client: GcsClient, target: GcsTarget): Promise<GcsObject | undefined> {
  const reply = await client.send({ method: "GET", path: objectPath(target) });
  if (reply.status === 404) return undefined;
  if (reply.status !== 200) throw refusal(reply, `GET gs://${target.bucket}/${target.key}`);
  return replyOf(reply.body);
}

/** Stores bytes by one request that also tells their MD5; without `overwrite` on the condition that nothing of this name is
 * there (generation 0). */
async function postObject(
  client: GcsClient,
  target: GcsTarget,
  bytes: Uint8Array,
  overwrite: boolean,
): Promise<void> {
  const md5Hash = createHash("md5").update(bytes).digest("base64");
  const boundary = randomUUID();
  const head =
    `--${boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n` +
    `${JSON.stringify({ name: target.key, md5Hash })}\r\n` +
    `--${boundary}\r\ncontent-type: application/octet-stream\r\n\r\n`;
  const reply = await client.send({
    method: "POST",
    path: `/upload/storage/v1/b/${encodeURIComponent(target.bucket)}/o`,
    query: { uploadType: "multipart", name: target.key, ...(overwrite ? {} : { ifGenerationMatch: "0" }) },
    headers: { "content-type": `multipart/related; boundary=${boundary}` },
    body: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  });
  if (reply.status === 200) return;
  if (reply.status !== 412) throw refusal(reply, `POST gs://${target.bucket}/${target.key}`);
  // A repetition may have met the object of our own first attempt, whose reply was lost.
  if (reply.attempts > 1 && (await describe(client, target))?.md5Hash === md5Hash) return;
  throw existsError(target);
}

async function uploadFile(
  client: GcsClient,
  target: GcsTarget,
  path: string,
  overwrite: boolean,
  checksum: boolean,
): Promise<StoredObject> {
  const { size } = await stat(path);
  if (size > SINGLE_POST_BYTES) {
    // The condition is judged at the end of a session: what can be known before need not be sent.
    if (!overwrite && (await describe(client, target)) !== undefined) throw existsError(target);
    return uploadResumably(client, path, target, { overwrite, checksum });
  }
  await using file = await open(path, "r");
  const bytes = await readStretch(file, 0, size);
  await postObject(client, target, bytes, overwrite);
  return { sizeBytes: size, ...(checksum ? { checksum: checksumOf(bytes) } : {}) };
}

async function* listObjects(client: GcsClient, { bucket, key }: GcsTarget): AsyncGenerator<ResourceInfo> {
  let pageToken: string | undefined;
  do {
    const reply = await client.send({
      method: "GET",
      path: `/storage/v1/b/${encodeURIComponent(bucket)}/o`,
      query: {
        prefix: key,
        fields: "items(name,size,updated),nextPageToken",
        ...(pageToken === undefined ? {} : { pageToken }),
      },
    });
    if (reply.status !== 200) throw refusal(reply, `GET gs://${bucket}/`);
    const page = replyOf<{ items?: GcsObject[]; nextPageToken?: string }>(reply.body);
    for (const { name, size, updated } of page.items ?? []) {
      if (name.endsWith("/")) continue;
      yield {
        uri: `gs://${bucket}/${encodePath(name)}`,
        sizeBytes: Number(size),
        modifiedMs: Date.parse(updated),
      };
    }
    pageToken = page.nextPageToken || undefined;
  } while (pageToken !== undefined);
}

/**
 * The store of Google Cloud Storage: `gs://bucket/key` over its JSON API. Credentials are found as Google's own clients find
 * them (see `findGoogleCredentials`); `STORAGE_EMULATOR_HOST` names an emulator. An object is there whole or not at all, and
 * without `overwrite` its name is taken by one writer only; objects above 16 MiB travel by resumable sessions, continued after a kill.
 */
export function createGcsStore(
  options: HttpClientOptions & {
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly now?: () => number;
  } = {},
): ResourceStore {
  const http = createHttpClient(options);
  const now = options.now ?? Date.now;
  let opened: GcsClient | undefined;
  const client = (): GcsClient => (opened ??= createGcsClient(http, options.env, now));
  const sourceOf = (uri: string) => createGcsSource(client(), parseGcsUri(uri));
  return {
    schemes: ["gs"],
    info: async (uri) => {
      const found = await describe(client(), parseGcsUri(uri));
      if (found === undefined) return undefined;
      return { uri, sizeBytes: Number(found.size), modifiedMs: Date.parse(found.updated) };
    },
    read: async (uri, range) => readBytes(sourceOf(uri), range),
    write: async (uri, bytes, { overwrite = false } = {}) =>
      postObject(client(), parseGcsUri(uri), bytes, overwrite),
    upload: async (localPath, uri, uploadOptions = {}) => {
      copyOnly(uri, uploadOptions);
      const { overwrite = false, checksum = false, mode } = uploadOptions;
      const stored = await uploadFile(client(), parseGcsUri(uri), localPath, overwrite, checksum);
      if (mode === "move") await rm(localPath);
      return stored;
    },
    download: async (uri, path) => readToFile(sourceOf(uri), path),
    toLocal: async (uri) => copyToTemporary(parseGcsUri(uri).key, (path) => readToFile(sourceOf(uri), path)),
    remove: async (uri) => {
      const target = parseGcsUri(uri);
      const reply = await client().send({ method: "DELETE", path: objectPath(target) });
      if (reply.status === 404) return reply.attempts > 1;
      if (reply.status >= 300) throw refusal(reply, `DELETE ${uri}`);
      return true;
    },
    list: (prefix) => listObjects(client(), parseGcsUri(prefix)),
    signedUrl: async (uri, urlOptions) =>
      signGcsUrl(client().endpoint, client().credentials, parseGcsUri(uri), urlOptions, now()),
    close: () => http.close(),
  };
}
