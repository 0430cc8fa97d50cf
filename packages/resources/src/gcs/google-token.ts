import { sign } from "node:crypto";
import { AlmagestError } from "@almagest/base";
import type { HttpClient } from "../http/http-client.ts";
import type { HttpRequest } from "../http/send-once.ts";
import type { GoogleCredentials } from "./google-credentials.ts";

const SCOPE = "https://www.googleapis.com/auth/devstorage.read_write";
const LIFETIME_SEC = 3600;
/** A token is renewed so long before it ends: a slow request must not outlive it. */
const MARGIN_MS = 225_000;

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The assertion by which a service account asks for a token: a JSON Web Token signed with its key (RFC 7523). */
export function createAssertion(
  credentials: GoogleCredentials & { readonly kind: "service-account" },
  nowMs: number,
): string {
  const issued = Math.floor(nowMs / 1000);
  const { email, privateKeyId, tokenUrl, privateKey } = credentials;
  const header = { alg: "RS256", typ: "JWT", ...(privateKeyId === undefined ? {} : { kid: privateKeyId }) };
  const claims = { iss: email, scope: SCOPE, aud: tokenUrl, iat: issued, exp: issued + LIFETIME_SEC };
  const signed = `${base64url(header)}.${base64url(claims)}`;
  try {
    return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), privateKey).toString("base64url")}`;
  } catch (cause) {
    throw new AlmagestError("RESOURCES.CREDENTIALS", `The private key of ${email} cannot be used to sign.`, {
      cause,
    });
  }
}

function form(url: string, fields: Readonly<Record<string, string>>): HttpRequest {
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: Buffer.from(new URLSearchParams(fields).toString()),
  };
}

function tokenRequest(credentials: GoogleCredentials, nowMs: number): HttpRequest {
  switch (credentials.kind) {
    case "service-account":
      return form(credentials.tokenUrl, {
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        assertion: createAssertion(credentials, nowMs),
      });
    case "user":
      return form(credentials.tokenUrl, {
        grant_type: "refresh_token",
        client_id: credentials.clientId,
        client_secret: credentials.clientSecret,
        refresh_token: credentials.refreshToken,
      });
    case "metadata":
      return {
        method: "GET",
        url: `${credentials.origin}/computeMetadata/v1/instance/service-accounts/default/token`,
        headers: { "metadata-flavor": "Google" },
      };
  }
}

/** Bearer tokens of one identity, kept until shortly before they end. */
export interface GoogleTokens {
  /** Throws `RESOURCES.CREDENTIALS`, `RESOURCES.UNAVAILABLE`. */
  get(): Promise<string>;
  /** Forgets the present token, which was refused. */
  forget(): void;
}

/** Tokens of some credentials; requests that need one at the same time share the asking. */
export function createGoogleTokens(
  credentials: GoogleCredentials,
  http: HttpClient,
  now: () => number = Date.now,
): GoogleTokens {
  let current: Promise<{ token: string; endsMs: number }> | undefined;
  let endsMs = 0;
  const ask = async (): Promise<{ token: string; endsMs: number }> => {
    const reply = await http.send(() => tokenRequest(credentials, now()));
    const text = Buffer.from(reply.body).toString();
    const document = reply.status === 200 ? (JSON.parse(text) as Record<string, unknown>) : {};
    if (typeof document.access_token !== "string") {
      throw new AlmagestError(
        "RESOURCES.CREDENTIALS",
        `Google gives no token for ${credentials.kind === "service-account" ? credentials.email : `the ${credentials.kind} credentials`}: status ${reply.status} ${text.slice(0, 300)}`,
        { fields: { status: reply.status } },
      );
    }
    return { token: document.access_token, endsMs: now() + Number(document.expires_in ?? 0) * 1000 };
  };
  return {
    get: async () => {
      if (current === undefined || now() > endsMs - MARGIN_MS) {
        endsMs = Number.POSITIVE_INFINITY;
        current = ask();
      }
      const asked = current;
      try {
        const found = await asked;
        if (current === asked) endsMs = found.endsMs;
        return found.token;
      } catch (error) {
        if (current === asked) current = undefined;
        throw error;
      }
    },
    forget: () => {
      current = undefined;
    },
  };
}
