import { AlmagestError } from "@almagest/base";
import type { FinalReply, HttpClient } from "../http/http-client.ts";
import { bodySize, type HttpBody, type HttpReply } from "../http/send-once.ts";
import { digestOf } from "../parts.ts";
import { encodePath, parseRemoteUri } from "../remote-uri.ts";
import { parseXmlReply } from "../xml-reply.ts";
import type { S3Profile } from "./s3-profile.ts";

/** One object of a service. */
export interface S3Address {
  readonly profile: string | undefined;
  readonly bucket: string;
  readonly key: string;
}

/** Bucket and key of `s3://[profile@]bucket/key`. Throws `RESOURCES.URI_INVALID`. */
export function parseS3Uri(uri: string): S3Address {
  const { authority, path } = parseRemoteUri(uri);
  const [, profile, bucket] = /^(?:([^@]+)@)?([^@]*)$/.exec(authority) ?? [];
  if (bucket === undefined || bucket === "") {
    throw new AlmagestError("RESOURCES.URI_INVALID", `'${uri}' names no bucket: s3://bucket/key.`, {
      fields: { uri },
    });
  }
  return { profile, bucket, key: path };
}

/** What to ask of a service. */
export interface S3Request {
  readonly method: string;
  readonly bucket: string;
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly verify?: (reply: HttpReply) => string | undefined;
}

/** Sends signed requests to one service. */
export interface S3Client {
  /** Throws `RESOURCES.FORBIDDEN`, `RESOURCES.UNAVAILABLE`; other refusals are replies. */
  send(request: S3Request): Promise<FinalReply>;
  presign(request: S3Request, expiresSec: number): Promise<string>;
}

/** The URL of an object: the bucket as host name at Amazon, else as first part of the path. */
function urlOf(profile: S3Profile, { bucket, key = "", query = {} }: S3Request): string {
  const base = new URL(profile.endpoint);
  const asHost = base.hostname.endsWith(".amazonaws.com") && /^[a-z0-9-]+$/.test(bucket);
  const origin = asHost ? `${base.protocol}//${bucket}.${base.host}` : `${base.origin}/${bucket}`;
  const search = new URLSearchParams(query).toString();
  return `${origin}/${encodePath(key)}${search === "" ? "" : `?${search}`}`;
}

function errorOf(reply: HttpReply, from: string): { code: string; message: string } {
  if (reply.body.length === 0) return { code: `${reply.status}`, message: "no reason given" };
  try {
    const root = parseXmlReply(reply.body, from);
    return { code: root.textOf("Code"), message: root.textOf("Message") };
  } catch {
    return { code: `${reply.status}`, message: "no reason given" };
  }
}

/** The refusal of a request as an error of ours. */
export function refusal(reply: HttpReply, request: S3Request): AlmagestError {
  const what = `${request.method} s3://${request.bucket}/${request.key ?? ""}`;
  const { code, message } = errorOf(reply, what);
  const isMissing = reply.status === 404;
  return new AlmagestError(
    isMissing
      ? "RESOURCES.MISSING"
      : reply.status === 403 || reply.status === 401
        ? "RESOURCES.FORBIDDEN"
        : "RESOURCES.REPLY_INVALID",
    `${what}: ${code} (${message || `status ${reply.status}`}).`,
    { fields: { status: reply.status, code } },
  );
}

/** A client for one profile. The signer is loaded at the first request. */
export function createS3Client(profile: S3Profile, http: HttpClient): S3Client {
  const cache = new Map<string, ArrayBuffer>();
  const signerOf = async (request: S3Request, headers: Record<string, string>, signQuery: boolean) => {
    const { AwsV4Signer } = await import("aws4fetch");
    const { credentials } = profile;
    return new AwsV4Signer({
      method: request.method,
      url: urlOf(profile, request),
      headers,
      accessKeyId: credentials!.accessKeyId,
      secretAccessKey: credentials!.secretAccessKey,
      ...(credentials!.sessionToken === undefined ? {} : { sessionToken: credentials!.sessionToken }),
      service: "s3",
      region: profile.region,
      cache,
      signQuery,
    }).sign();
  };
  return {
    send: async (request) => {
      const body: HttpBody | undefined = request.body;
      // The service compares what arrives with this: an upload that was garbled on its way is refused.
      const headers = {
        ...request.headers,
        "x-amz-content-sha256": digestOf("sha256", request.body ?? new Uint8Array(0)),
      };
      const prepare = async () => {
        const signed =
          profile.credentials === undefined
            ? { url: urlOf(profile, request), headers }
            : await signerOf(request, headers, false);
        return {
          method: request.method,
          url: `${signed.url}`,
          headers: signed.headers instanceof Headers ? Object.fromEntries(signed.headers) : signed.headers,
          ...(body === undefined || bodySize(body) === 0 ? {} : { body }),
        };
      };
      const reply = await http.send(prepare, request.verify);
      // A body-less 403 is how HEAD says it; without the right to list, a missing object also answers 403.
      if (reply.status === 401 || reply.status === 403) throw refusal(reply, request);
      if (reply.status >= 300 && reply.status < 400 && reply.status !== 304) {
        throw new AlmagestError(
          "RESOURCES.REPLY_INVALID",
          `The bucket '${request.bucket}' is at another endpoint or region than ${profile.endpoint} (${profile.region}); set AWS_REGION or S3_ENDPOINT_URL.`,
          { fields: { status: reply.status } },
        );
      }
      return reply;
    },
    presign: async (request, expiresSec) => {
      if (profile.credentials === undefined) {
        throw new AlmagestError(
          "RESOURCES.CREDENTIALS",
          "A signed URL needs S3 credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws/credentials.",
        );
      }
      const timed = { ...request, query: { ...request.query, "X-Amz-Expires": `${expiresSec}` } };
      return `${(await signerOf(timed, {}, true)).url}`;
    },
  };
}
