import { open, rm, stat } from "node:fs/promises";
import { checksumOf } from "../checksum.ts";
import { createHttpClient, type HttpClientOptions } from "../http/http-client.ts";
import type { HttpSource } from "../http/ranged-read.ts";
import { readBytes, readToFile } from "../http/read-source.ts";
import { copyToTemporary } from "../local-copy.ts";
import { digestOf, PART_BYTES, readStretch } from "../parts.ts";
import { encodePath } from "../remote-uri.ts";
import type { ResourceInfo, ResourceStore, StoredObject } from "../resource-store.ts";
import { copyOnly } from "../upload-mode.ts";
import { parseXmlReply } from "../xml-reply.ts";
import { existsError, uploadInParts } from "./multipart-upload.ts";
import { createS3Client, parseS3Uri, refusal, type S3Client } from "./s3-client.ts";
import { findS3Profile } from "./s3-profile.ts";
import { createS3Source } from "./s3-source.ts";

/** Files larger than this go up in parts. */
const SINGLE_PUT_BYTES = 2 * PART_BYTES;

interface Located {
  readonly client: S3Client;
  readonly target: { readonly bucket: string; readonly key: string };
}

/** Stores bytes by one request; without `overwrite` on the condition that nothing of this name is there. */
async function putObject({ client, target }: Located, bytes: Uint8Array, overwrite: boolean): Promise<void> {
  const request = {
    method: "PUT",
    ...target,
    headers: overwrite ? {} : { "if-none-match": "*" },
    body: bytes,
  };
  const reply = await client.send(request);
  if (reply.status === 200) return;
  if (reply.status !== 412 && reply.status !== 409) throw refusal(reply, request);
  if (reply.attempts > 1) {
    // A repetition may have met the object of our own first attempt, whose reply was lost.
    const found = await client.send({ method: "HEAD", ...target });
    if (found.headers.etag?.replaceAll('"', "") === digestOf("md5", bytes)) return;
  }
  throw existsError(target);
}

async function refuseExisting({ client, target }: Located): Promise<void> {
  if ((await client.send({ method: "HEAD", ...target })).status === 200) throw existsError(target);
}

async function uploadFile(
  at: Located,
  path: string,
  overwrite: boolean,
  checksum: boolean,
): Promise<StoredObject> {
  const { size } = await stat(path);
  if (size > SINGLE_PUT_BYTES) {
    if (!overwrite) await refuseExisting(at);
    return uploadInParts(at.client, path, at.target, { overwrite, checksum });
  }
  await using file = await open(path, "r");
  const bytes = await readStretch(file, 0, size);
  await putObject(at, bytes, overwrite);
  return { sizeBytes: size, ...(checksum ? { checksum: checksumOf(bytes) } : {}) };
}

async function* listObjects({ client, target }: Located, scheme: string): AsyncGenerator<ResourceInfo> {
  let token: string | undefined;
  do {
    const query = {
      "list-type": "2",
      "encoding-type": "url",
      prefix: target.key,
      ...(token === undefined ? {} : { "continuation-token": token }),
    };
    const request = { method: "GET", bucket: target.bucket, query };
    const reply = await client.send(request);
    if (reply.status !== 200) throw refusal(reply, request);
    const root = parseXmlReply(reply.body, "ListObjectsV2");
    for (const item of root.all("Contents")) {
      const key = decodeURIComponent(item.textOf("Key").replaceAll("+", " "));
      if (key.endsWith("/")) continue;
      yield {
        uri: `${scheme}${encodePath(key)}`,
        sizeBytes: Number(item.textOf("Size")),
        modifiedMs: Date.parse(item.textOf("LastModified")),
      };
    }
    token = root.textOf("IsTruncated") === "true" ? root.textOf("NextContinuationToken") : undefined;
  } while (token !== undefined);
}

/**
 * The store of S3 objects: `s3://bucket/key`, or `s3://profile@bucket/key`. Service and credentials are found as
 * `lsst.resources` and the AWS tools find them (see `findS3Profile`). An object is there whole or not at all, and without
 * `overwrite` its name is taken by one writer only; objects above 16 MiB travel in parts, continued after a kill.
 */
export function createS3Store(
  options: HttpClientOptions & { readonly env?: Readonly<Record<string, string | undefined>> } = {},
): ResourceStore {
  const http = createHttpClient(options);
  const clients = new Map<string | undefined, S3Client>();
  const locate = (uri: string): Located => {
    const { profile, ...target } = parseS3Uri(uri);
    let client = clients.get(profile);
    if (client === undefined) {
      client = createS3Client(findS3Profile(profile, options.env), http);
      clients.set(profile, client);
    }
    return { client, target };
  };
  const sourceOf = (uri: string): HttpSource => {
    const { client, target } = locate(uri);
    return createS3Source(client, target);
  };
  return {
    schemes: ["s3"],
    info: async (uri) => {
      const { client, target } = locate(uri);
      const request = { method: "HEAD", ...target };
      const reply = await client.send(request);
      if (reply.status === 404) return undefined;
      if (reply.status !== 200) throw refusal(reply, request);
      const modified = reply.headers["last-modified"];
      return {
        uri,
        sizeBytes: Number(reply.headers["content-length"]),
        ...(modified === undefined ? {} : { modifiedMs: Date.parse(modified) }),
      };
    },
    read: async (uri, range) => readBytes(sourceOf(uri), range),
    write: async (uri, bytes, { overwrite = false } = {}) => putObject(locate(uri), bytes, overwrite),
    upload: async (localPath, uri, uploadOptions = {}) => {
      copyOnly(uri, uploadOptions);
      const { overwrite = false, checksum = false, mode } = uploadOptions;
      const stored = await uploadFile(locate(uri), localPath, overwrite, checksum);
      if (mode === "move") await rm(localPath);
      return stored;
    },
    download: async (uri, path) => readToFile(sourceOf(uri), path),
    toLocal: async (uri) => copyToTemporary(parseS3Uri(uri).key, (path) => readToFile(sourceOf(uri), path)),
    remove: async (uri) => {
      const { client, target } = locate(uri);
      const request = { method: "DELETE", ...target };
      const reply = await client.send(request);
      if (reply.status === 404) return reply.attempts > 1;
      if (reply.status >= 300) throw refusal(reply, request);
      return true;
    },
    list: (prefix) => {
      const at = locate(prefix);
      return listObjects(at, /^[^/]*\/\/[^/]*\//.exec(prefix)?.[0] ?? `${prefix}/`);
    },
    signedUrl: async (uri, { method = "GET", expiresSec }) => {
      const { client, target } = locate(uri);
      return client.presign({ method, ...target }, expiresSec);
    },
    close: () => http.close(),
  };
}
