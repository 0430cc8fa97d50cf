import { AlmagestError } from "@almagest/base";
import type { FinalReply, HttpClient } from "../http/http-client.ts";
import type { HttpBody, HttpReply } from "../http/send-once.ts";
import { parseRemoteUri } from "../remote-uri.ts";
import {
  findGoogleCredentials,
  GOOGLE_CREDENTIALS_PLACES,
  type GoogleCredentials,
} from "./google-credentials.ts";
import { createGoogleTokens } from "./google-token.ts";

/** One object of Google Cloud Storage. */
export interface GcsTarget {
  readonly bucket: string;
  readonly key: string;
}

/** Bucket and key of `gs://bucket/key`. Throws `RESOURCES.URI_INVALID`. */
export function parseGcsUri(uri: string): GcsTarget {
  const { authority, path } = parseRemoteUri(uri);
  if (authority === "" || authority.includes("@")) {
    throw new AlmagestError("RESOURCES.URI_INVALID", `'${uri}' names no bucket: gs://bucket/key.`, {
      fields: { uri },
    });
  }
  return { bucket: authority, key: path };
}

/** What to ask of the JSON API. */
export interface GcsRequest {
  readonly method: string;
  /** Below the endpoint, such as `/storage/v1/b/BUCKET/o`; or a whole URL that the service gave. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
}

/** Sends requests to the JSON API, with a token where there are credentials. */
export interface GcsClient {
  /** `https://storage.googleapis.com`, or the emulator. */
  readonly endpoint: string;
  readonly credentials: GoogleCredentials | undefined;
  /** `prepare` makes a request for each attempt. Throws `RESOURCES.FORBIDDEN`, `RESOURCES.CREDENTIALS`, `RESOURCES.UNAVAILABLE`; other refusals are
   * replies. */
  send(
    request: GcsRequest | (() => GcsRequest),
    verify?: (reply: HttpReply) => string | undefined,
  ): Promise<FinalReply>;
}

/** Path of an object's metadata or, with `alt=media`, its bytes. */
export function objectPath({ bucket, key }: GcsTarget): string {
  return `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(key)}`;
}

function reasonOf(reply: HttpReply): string {
  const text = Buffer.from(reply.body).toString();
  try {
    return (JSON.parse(text) as { error: { message: string } }).error.message;
  } catch {
    return text.slice(0, 200) || "no reason given";
  }
}

/** The refusal of a request as an error of ours. */
export function refusal(reply: HttpReply, what: string): AlmagestError {
  const isForbidden = reply.status === 401 || reply.status === 403;
  const code =
    reply.status === 404
      ? "RESOURCES.MISSING"
      : isForbidden
        ? "RESOURCES.FORBIDDEN"
        : "RESOURCES.REPLY_INVALID";
  const advice = isForbidden ? ` Credentials are taken from ${GOOGLE_CREDENTIALS_PLACES}.` : "";
  return new AlmagestError(code, `${what}: status ${reply.status} (${reasonOf(reply)}).${advice}`, {
    fields: { status: reply.status },
  });
}

/**
 * A client of the service that `STORAGE_EMULATOR_HOST` names (`http://host:port`, no credentials sent), or of Google's own, with
 * the credentials of `findGoogleCredentials`.
 */
export function createGcsClient(
  http: HttpClient,
  env: Readonly<Record<string, string | undefined>> = process.env,
  now: () => number = Date.now,
): GcsClient {
  const emulator = env.STORAGE_EMULATOR_HOST;
  const endpoint = emulator
    ? new URL(emulator.includes("://") ? emulator : `http://${emulator}`).origin
    : "https://storage.googleapis.com";
  const credentials = findGoogleCredentials(env);
  const tokens =
    emulator || credentials === undefined ? undefined : createGoogleTokens(credentials, http, now);
  const project = credentials?.kind === "user" ? credentials.quotaProject : undefined;
  const urlOf = ({ path, query = {} }: GcsRequest): string => {
    const search = new URLSearchParams(query).toString();
    return `${path.startsWith("/") ? endpoint : ""}${path}${search === "" ? "" : `?${search}`}`;
  };
  const sendOnce = (
    next: () => GcsRequest,
    verify?: (reply: HttpReply) => string | undefined,
  ): Promise<FinalReply> =>
    http.send(async () => {
      const request = next();
      const identity: Record<string, string> =
        tokens === undefined ? {} : { authorization: `Bearer ${await tokens.get()}` };
      if (project !== undefined) identity["x-goog-user-project"] = project;
      const { method, body } = request;
      return {
        method,
        url: urlOf(request),
        headers: { ...request.headers, ...identity },
        ...(body === undefined ? {} : { body }),
      };
    }, verify);
  return {
    endpoint,
    credentials,
    send: async (request, verify) => {
      const next = typeof request === "function" ? request : () => request;
      let reply = await sendOnce(next, verify);
      if (reply.status === 401 && tokens !== undefined) {
        // The token was revoked before its time.
        tokens.forget();
        reply = await sendOnce(next, verify);
      }
      if (reply.status === 401 || reply.status === 403) {
        const { method, path } = next();
        throw refusal(reply, `${method} ${path}`);
      }
      return reply;
    },
  };
}
