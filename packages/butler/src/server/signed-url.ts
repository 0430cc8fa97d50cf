import { createHmac, timingSafeEqual } from "node:crypto";

/** Which file a signed URL gives leave to fetch, and until when. */
export interface FileGrant {
  readonly id: string;
  /** Component of a dataset that is stored in parts, or empty. */
  readonly component: string;
  /** Seconds since 1970. */
  readonly expires: number;
}

function sign(key: Uint8Array, { id, component, expires }: FileGrant): Buffer {
  return createHmac("sha256", key)
    .update(JSON.stringify([id, component, expires]))
    .digest();
}

/** The query string that grants `grant` to whoever holds the URL. */
export function signGrant(key: Uint8Array, grant: FileGrant): string {
  const query = new URLSearchParams({
    expires: String(grant.expires),
    signature: sign(key, grant).toString("base64url"),
  });
  if (grant.component !== "") query.set("component", grant.component);
  return query.toString();
}

/** What a URL's query grants now of a dataset's files, or why nothing. */
export function readGrant(
  key: Uint8Array,
  id: string,
  query: URLSearchParams,
  nowMs: number,
): FileGrant | "invalid" | "expired" {
  const given = Buffer.from(query.get("signature") ?? "", "base64url");
  const expires = Number(query.get("expires") ?? Number.NaN);
  const grant = { id, component: query.get("component") ?? "", expires };
  const wanted = sign(key, grant);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return "invalid";
  return expires * 1000 < nowMs ? "expired" : grant;
}
