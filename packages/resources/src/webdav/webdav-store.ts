import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import { createDigestCheck, WANT_DIGEST } from "../http/content-digest.ts";
import { createHttpClient, type HttpClientOptions } from "../http/http-client.ts";
import type { HttpSource } from "../http/ranged-read.ts";
import { readBytes, readToFile } from "../http/read-source.ts";
import { bodySize, type HttpBody } from "../http/send-once.ts";
import { copyToTemporary } from "../local-copy.ts";
import { decodePath } from "../remote-uri.ts";
import type { ResourceInfo, ResourceStore } from "../resource-store.ts";
import { copyOnly } from "../upload-mode.ts";
import { withNameClaim } from "./name-claim.ts";
import { findWebIdentity } from "./web-identity.ts";
import { createWebSender, type SendWeb, toHttpUrl, webRefusal } from "./webdav-client.ts";
import { listWebdav } from "./webdav-list.ts";

function createSource(send: SendWeb, url: string): HttpSource {
  const request = { method: "GET", url };
  return {
    look: async () => {
      const found = await look(send, url);
      if (found === undefined)
        throw new AlmagestError("RESOURCES.MISSING", `There is no file ${url}.`, { fields: { url } });
      return found;
    },
    get: (headers, verify) => send({ ...request, headers, ...(verify === undefined ? {} : { verify }) }),
    refusal: (reply) => webRefusal(request, reply),
    changed: (what) =>
      new AlmagestError("RESOURCES.CHANGED", `${url} ${what}.`, { fields: { url }, retryable: true }),
    createCheck: (headers) => createDigestCheck(headers.digest),
  };
}

/** What a server tells of a file: size, time, checksum. */
async function look(send: SendWeb, url: string) {
  const request = { method: "HEAD", url, headers: { "want-digest": WANT_DIGEST } };
  const reply = await send(request);
  if (reply.status === 404 || reply.status === 410) return undefined;
  if (reply.status !== 200) throw webRefusal(request, reply);
  return { sizeBytes: Number(reply.headers["content-length"]), headers: reply.headers };
}

/** A name beside the object's for as long as it is being sent; fsck knows such names. */
function temporaryUrl(url: string): string {
  const slash = url.lastIndexOf("/");
  const name = url.slice(slash + 1, slash + 120).replace(/%.?$/, "");
  return `${url.slice(0, slash + 1)}.${name}.${randomBytes(6).toString("hex")}.part`;
}

/** Makes the folders above a URL, from the first that is missing. */
async function makeFolders(send: SendWeb, url: string): Promise<void> {
  const parent = url.replace(/[^/]*$/, "");
  if (new URL(parent).pathname === "/") return;
  const request = { method: "MKCOL", url: parent };
  let reply = await send(request);
  if (reply.status === 404 || reply.status === 409) {
    await makeFolders(send, parent.slice(0, -1));
    reply = await send(request);
  }
  // 405: it is there already, made by somebody else meanwhile.
  if (
    reply.status >= 300 &&
    reply.status !== 405 &&
    (await send({ method: "HEAD", url: parent })).status === 404
  )
    throw webRefusal(request, reply);
}

async function digestMatches(body: HttpBody, digest: string | undefined): Promise<boolean> {
  const check = createDigestCheck(digest);
  if (check === undefined) return true;
  if (body instanceof Uint8Array) check.add(0, body);
  else {
    let index = 0;
    for await (const chunk of createReadStream(body.path, { highWaterMark: 1 << 20 }))
      check.add(index++, chunk);
  }
  return check.matches();
}

/** Sends a file under a temporary name and sees that it arrived whole. */
async function sendTemporary(send: SendWeb, url: string, body: HttpBody): Promise<void> {
  const request = { method: "PUT", url, body };
  let problem = "";
  for (let attempt = 0; attempt < 3; attempt++) {
    const reply = await send(request);
    if (reply.status >= 300) throw webRefusal(request, reply);
    const found = await look(send, url);
    if (found?.sizeBytes !== bodySize(body))
      problem = `${found?.sizeBytes ?? "no"} of ${bodySize(body)} bytes arrived`;
    else if (await digestMatches(body, found.headers.digest)) return;
    else problem = "the bytes that arrived do not match their checksum";
  }
  throw new AlmagestError("RESOURCES.UNAVAILABLE", `PUT ${url}: ${problem}, three times.`, {
    fields: { url },
    retryable: true,
  });
}

function existsError(url: string): AlmagestError {
  return new AlmagestError("RESOURCES.EXISTS", `The file ${url} exists already.`, { fields: { url } });
}

/** A URL without percent-encoding, its UTF-8 as a header carries bytes: XRootD 5.5 does not decode `Destination`. */
function plainUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + Buffer.from(decodePath(pathname)).toString("latin1");
}

/** Gives the sent file its name. */
async function giveName(
  send: SendWeb,
  temporary: string,
  url: string,
  overwrite: boolean,
  plain: boolean,
): Promise<void> {
  const request = {
    method: "MOVE",
    url: temporary,
    headers: { destination: plain ? plainUrl(url) : url, overwrite: overwrite ? "T" : "F" },
  };
  const reply = await send(request);
  if (reply.status < 300) return;
  // After a lost reply the temporary name is gone where the move was carried out.
  const [source, target] = [await look(send, temporary), await look(send, url)];
  if (source === undefined && target !== undefined) return;
  if (target === undefined) throw webRefusal(request, reply);
  if (!overwrite) throw existsError(url);
  // Some servers never move onto an existing name. The new file is there whole before the old one goes.
  await send({ method: "DELETE", url });
  const again = await send(request);
  if (again.status >= 300 && (await look(send, temporary)) !== undefined) throw webRefusal(request, again);
}

const xrootdOrigins = new Map<string, boolean>();

/** XRootD 5.5 moves onto an existing name also where it must not, and takes `%3F` in a name for the name's end. Throws `RESOURCES.URI_INVALID`. */
async function isXrootd(send: SendWeb, url: string): Promise<boolean> {
  const { origin } = new URL(url);
  let found = xrootdOrigins.get(origin);
  if (found === undefined) {
    found = /xrootd/i.test((await send({ method: "HEAD", url })).headers.server ?? "");
    xrootdOrigins.set(origin, found);
  }
  if (found && /%3f/i.test(url)) {
    throw new AlmagestError(
      "RESOURCES.URI_INVALID",
      `XRootD cannot keep a name with a question mark: ${url}.`,
      {
        fields: { url },
      },
    );
  }
  return found;
}

async function store(
  send: SendWeb,
  folders: Set<string>,
  url: string,
  body: HttpBody,
  overwrite: boolean,
): Promise<void> {
  if (!overwrite && (await look(send, url)) !== undefined) throw existsError(url);
  const xrootd = await isXrootd(send, url);
  const temporary = temporaryUrl(url);
  const folder = url.replace(/[^/]*$/, "");
  const isKnown = folders.has(folder);
  try {
    if (!isKnown) await makeFolders(send, url);
    folders.add(folder);
    await sendTemporary(send, temporary, body).catch(async (error: unknown) => {
      // The folder may have been removed since.
      if (!isKnown) throw error;
      await makeFolders(send, url);
      await sendTemporary(send, temporary, body);
    });
    if (overwrite || !xrootd) await giveName(send, temporary, url, overwrite, xrootd);
    else
      await withNameClaim(send, url, async () => {
        if ((await look(send, url)) !== undefined) throw existsError(url);
        await giveName(send, temporary, url, overwrite, xrootd);
      });
  } catch (error) {
    await send({ method: "DELETE", url: temporary }).catch(() => undefined);
    throw error;
  }
}

/**
 * The store of files on web servers: reading from any (`https:`, `http:`), writing to WebDAV servers (`davs:`, `dav:` too).
 * A file is sent under a temporary name beside its own and moved when it is whole. Certificates and tokens are found as
 * `findWebIdentity` tells.
 */
export function createWebdavStore(
  options: HttpClientOptions & { readonly env?: Readonly<Record<string, string | undefined>> } = {},
): ResourceStore {
  const identity = findWebIdentity(options.env);
  const http = createHttpClient({ tls: identity.tls, ...options });
  const send = createWebSender(http, identity);
  /** Folders known to be there. */
  const folders = new Set<string>();
  const sourceOf = (uri: string): HttpSource => createSource(send, toHttpUrl(uri));
  return {
    schemes: ["https", "http", "davs", "dav"],
    info: async (uri): Promise<ResourceInfo | undefined> => {
      const found = await look(send, toHttpUrl(uri));
      if (found === undefined) return undefined;
      const modifiedMs = Date.parse(found.headers["last-modified"] ?? "");
      return { uri, sizeBytes: found.sizeBytes, ...(Number.isNaN(modifiedMs) ? {} : { modifiedMs }) };
    },
    read: async (uri, range) => readBytes(sourceOf(uri), range),
    write: async (uri, bytes, { overwrite = false } = {}) =>
      store(send, folders, toHttpUrl(uri), bytes, overwrite),
    upload: async (localPath, uri, uploadOptions = {}) => {
      copyOnly(uri, uploadOptions);
      const { overwrite = false, checksum = false, mode } = uploadOptions;
      const { size } = await stat(localPath);
      await store(send, folders, toHttpUrl(uri), { path: localPath, start: 0, sizeBytes: size }, overwrite);
      const hash = createHash("blake2b512");
      if (checksum) for await (const chunk of createReadStream(localPath)) hash.update(chunk);
      if (mode === "move") await rm(localPath);
      return { sizeBytes: size, ...(checksum ? { checksum: hash.digest("hex") } : {}) };
    },
    download: async (uri, path) => readToFile(sourceOf(uri), path),
    toLocal: async (uri) =>
      copyToTemporary(decodePath(new URL(toHttpUrl(uri)).pathname), (path) =>
        readToFile(sourceOf(uri), path),
      ),
    remove: async (uri) => {
      const request = { method: "DELETE", url: toHttpUrl(uri) };
      const reply = await send(request);
      if (reply.status === 404) return reply.attempts > 1;
      if (reply.status >= 300) throw webRefusal(request, reply);
      return true;
    },
    list: (prefix) => listWebdav(send, toHttpUrl(prefix), prefix),
    close: () => http.close(),
  };
}
