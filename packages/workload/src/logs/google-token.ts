import { sign } from "node:crypto";
import { readFile } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import { z } from "zod";

const keySchema = z.object({
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string(),
  token_uri: z.string().default("https://oauth2.googleapis.com/token"),
});

const answerSchema = z.object({ access_token: z.string(), expires_in: z.number() });

const SCOPE = "https://www.googleapis.com/auth/logging.write";

/** A token is renewed so long before it ends. */
const EARLY_MS = 300_000;

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The assertion by which a service account asks for a token (RFC 7523), signed with its key. */
export function googleAssertion(key: z.infer<typeof keySchema>, nowSec: number): string {
  const head = base64url({ alg: "RS256", typ: "JWT", kid: key.private_key_id });
  const { client_email: iss, token_uri: aud } = key;
  const claims = base64url({ iss, scope: SCOPE, aud, iat: nowSec, exp: nowSec + 3600 });
  const signature = sign("RSA-SHA256", Buffer.from(`${head}.${claims}`), key.private_key);
  return `${head}.${claims}.${signature.toString("base64url")}`;
}

/** Where the machine's own service account is asked, in Google's cloud; `GCE_METADATA_HOST` as in Google's clients. */
const metadataUrl = (): string =>
  `http://${process.env.GCE_METADATA_HOST ?? "metadata.google.internal"}/computeMetadata/v1/instance/service-accounts/default/token`;

/**
 * Gives tokens for Cloud Logging, kept until shortly before they end: of a service account's key file, or without one of the
 * machine's own account. Throws `WORKLOAD.LOGS_REFUSED` (retryable), which never holds key or token.
 */
export function createGoogleToken(
  keyFile: string | undefined,
  nowMs: () => number = Date.now,
): () => Promise<string> {
  let known: { readonly token: string; readonly untilMs: number } | undefined;
  const ask = async (): Promise<Response> => {
    const signal = AbortSignal.timeout(10_000);
    if (keyFile === undefined) {
      return fetch(metadataUrl(), { headers: { "metadata-flavor": "Google" }, signal });
    }
    const key = keySchema.parse(JSON.parse(await readFile(keyFile, "utf8")));
    const body = new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: googleAssertion(key, Math.floor(nowMs() / 1000)),
    });
    return fetch(key.token_uri, { method: "POST", body, signal });
  };
  return async () => {
    if (known !== undefined && nowMs() < known.untilMs) return known.token;
    const refuse = (why: string): AlmagestError =>
      new AlmagestError("WORKLOAD.LOGS_REFUSED", `No token for Google's Cloud Logging: ${why}.`, {
        retryable: true,
      });
    let response: Response;
    try {
      response = await ask();
    } catch (error) {
      // The reason of a key that cannot be read quotes from it; only its kind is told.
      const { name, code = "" } = error as Error & { readonly code?: string };
      const where = keyFile ?? "the metadata server";
      throw refuse(`${where} could not be used (${name}${code === "" ? "" : ` ${code}`})`);
    }
    const answer = answerSchema.safeParse(await response.json().catch(() => undefined));
    if (!response.ok || !answer.success) throw refuse(`its issuer answers with status ${response.status}`);
    const { access_token: token, expires_in: seconds } = answer.data;
    known = { token, untilMs: nowMs() + seconds * 1000 - EARLY_MS };
    return token;
  };
}
