import { createHash, sign } from "node:crypto";
import { AlmagestError } from "@almagest/base";
import { encodePath } from "../remote-uri.ts";
import type { SignedUrlOptions } from "../resource-store.ts";
import type { GcsTarget } from "./gcs-client.ts";
import type { GoogleCredentials } from "./google-credentials.ts";

/** The longest that a signed URL may hold: a week. */
const LONGEST_SEC = 604_800;

/** Encodes as RFC 3986 wants it for signing: only letters, digits and `-._~` stay. */
const encodeStrictly = (text: string): string => encodePath(text).replaceAll("/", "%2F");

/**
 * A URL by which anybody may read or write an object for a while, signed with a service account's key by Google's V4 process
 * (GOOG4-RSA-SHA256). Throws `RESOURCES.CREDENTIALS` for other credentials.
 */
export function signGcsUrl(
  endpoint: string,
  credentials: GoogleCredentials | undefined,
  { bucket, key }: GcsTarget,
  { method = "GET", expiresSec }: SignedUrlOptions,
  nowMs: number,
): string {
  if (credentials?.kind !== "service-account") {
    throw new AlmagestError(
      "RESOURCES.CREDENTIALS",
      "A signed URL needs the key of a service account: name its JSON file in GOOGLE_APPLICATION_CREDENTIALS.",
    );
  }
  const { origin, host } = new URL(endpoint);
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${time.slice(0, 8)}/auto/storage/goog4_request`;
  const path = `/${bucket}/${encodePath(key)}`;
  const query = Object.entries({
    "X-Goog-Algorithm": "GOOG4-RSA-SHA256",
    "X-Goog-Credential": `${credentials.email}/${scope}`,
    "X-Goog-Date": time,
    "X-Goog-Expires": `${Math.min(expiresSec, LONGEST_SEC)}`,
    "X-Goog-SignedHeaders": "host",
  })
    .map(([name, value]) => `${name}=${encodeStrictly(value)}`)
    .join("&");
  const request = [method, path, query, `host:${host}\n`, "host", "UNSIGNED-PAYLOAD"].join("\n");
  const digest = createHash("sha256").update(request).digest("hex");
  const text = ["GOOG4-RSA-SHA256", time, scope, digest].join("\n");
  const signature = sign("RSA-SHA256", Buffer.from(text), credentials.privateKey).toString("hex");
  return `${origin}${path}?${query}&X-Goog-Signature=${signature}`;
}
