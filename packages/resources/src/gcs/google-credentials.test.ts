import assert from "node:assert/strict";
import { generateKeyPairSync, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { createHttpClient } from "../http/http-client.ts";
import { refuses } from "../testing/store-suite.ts";
import { findGoogleCredentials } from "./google-credentials.ts";
import { createGoogleTokens } from "./google-token.ts";
import { signGcsUrl } from "./signed-url.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "almagest-google-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function credentialsOf(t: TestContext, document: unknown, name = "key.json") {
  const path = join(folderOf(t), name);
  writeFileSync(path, JSON.stringify(document));
  return findGoogleCredentials({ GOOGLE_APPLICATION_CREDENTIALS: path });
}

const account = (tokenUrl: string) => ({
  type: "service_account",
  client_email: "robot@project.iam.gserviceaccount.com",
  private_key: privateKey,
  private_key_id: "key-1",
  token_uri: tokenUrl,
});

/** An endpoint that answers what is asked of Google's token service: the requests it saw, and a token each. */
async function startTokenEndpoint(t: TestContext) {
  const seen: { url: string; headers: Record<string, unknown>; form: URLSearchParams }[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    seen.push({ url: incoming.url!, headers: incoming.headers, form });
    if (form.get("refresh_token") === "revoked")
      return outgoing.writeHead(400).end('{"error": "invalid_grant"}');
    outgoing.end(JSON.stringify({ access_token: `token-${seen.length}`, expires_in: 3600 }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const http = createHttpClient();
  t.after(() => http.close());
  return { origin: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}`, seen, http };
}

test("credentials are found in the order of Google's own clients", (t) => {
  const home = folderOf(t);
  const none = { HOME: home, NO_GCE_CHECK: "true" };
  assert.equal(findGoogleCredentials(none), undefined);
  assert.deepEqual(findGoogleCredentials({ HOME: home, GCE_METADATA_HOST: "127.0.0.1:5" }), {
    kind: "metadata",
    origin: "http://127.0.0.1:5",
  });
  const user = { type: "authorized_user", client_id: "c", client_secret: "s", refresh_token: "r" };
  writeFileSync(join(home, "application_default_credentials.json"), JSON.stringify(user));
  const found = findGoogleCredentials({ ...none, CLOUDSDK_CONFIG: home, GCE_METADATA_HOST: "127.0.0.1:5" });
  assert.equal(found?.kind, "user");
  assert.equal(credentialsOf(t, account("http://x/token"))?.kind, "service-account");
});

test("credentials that cannot be used are refused with what is wrong", (t) => {
  const refused = (work: () => unknown, text: RegExp): void =>
    assert.throws(
      work,
      (error) => isAlmagestError(error, "RESOURCES.CREDENTIALS") && text.test(error.message),
    );
  refused(() => findGoogleCredentials({ GOOGLE_APPLICATION_CREDENTIALS: "/nonexistent" }), /not there/);
  refused(() => credentialsOf(t, { type: "service_account", client_email: "x" }), /private_key/);
  refused(() => credentialsOf(t, { type: "external_account" }), /external_account/);
});

test("a service account's token is asked for with a signed assertion, kept, and renewed before it ends", async (t) => {
  const { origin, seen, http } = await startTokenEndpoint(t);
  let now = Date.UTC(2026, 0);
  const tokens = createGoogleTokens(credentialsOf(t, account(`${origin}/token`))!, http, () => now);
  assert.deepEqual(await Promise.all([tokens.get(), tokens.get()]), ["token-1", "token-1"]);
  now += 3_300_000;
  assert.equal(await tokens.get(), "token-1");
  now += 100_000;
  assert.equal(await tokens.get(), "token-2");
  tokens.forget();
  assert.equal(await tokens.get(), "token-3");
  assert.equal(seen[0]!.form.get("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const [header, claims, signature] = seen[0]!.form.get("assertion")!.split(".");
  const signed = Buffer.from(`${header}.${claims}`);
  assert.ok(verify("RSA-SHA256", signed, publicKey, Buffer.from(signature!, "base64url")));
  assert.deepEqual(JSON.parse(Buffer.from(header!, "base64url").toString()), {
    alg: "RS256",
    typ: "JWT",
    kid: "key-1",
  });
  assert.deepEqual(JSON.parse(Buffer.from(claims!, "base64url").toString()), {
    iss: "robot@project.iam.gserviceaccount.com",
    scope: "https://www.googleapis.com/auth/devstorage.read_write",
    aud: `${origin}/token`,
    iat: Date.UTC(2026, 0) / 1000,
    exp: Date.UTC(2026, 0) / 1000 + 3600,
  });
});

test("a user's and a machine's tokens are had in their ways; a revoked one is told with Google's words", async (t) => {
  const { origin, host, seen, http } = await startTokenEndpoint(t);
  const user = { type: "authorized_user", client_id: "c", client_secret: "s", token_uri: `${origin}/token` };
  const good = credentialsOf(t, { ...user, refresh_token: "r" })!;
  assert.equal(await createGoogleTokens(good, http).get(), "token-1");
  assert.deepEqual(Object.fromEntries(seen[0]!.form), {
    grant_type: "refresh_token",
    client_id: "c",
    client_secret: "s",
    refresh_token: "r",
  });
  const machine = findGoogleCredentials({ GCE_METADATA_HOST: host, HOME: "/nonexistent" })!;
  assert.equal(await createGoogleTokens(machine, http).get(), "token-2");
  assert.equal(seen[1]!.url, "/computeMetadata/v1/instance/service-accounts/default/token");
  assert.equal(seen[1]!.headers["metadata-flavor"], "Google");
  const revoked = createGoogleTokens(credentialsOf(t, { ...user, refresh_token: "revoked" })!, http);
  await refuses(revoked.get(), "RESOURCES.CREDENTIALS");
  await assert.rejects(revoked.get(), /invalid_grant/);
});

test("a signed URL holds the request's digest under the account's signature", (t) => {
  const now = Date.UTC(2026, 0, 2, 3, 4, 5);
  const credentials = credentialsOf(t, account("http://x/token"));
  const target = { bucket: "b", key: "a b/c+d.fits" };
  const url = new URL(
    signGcsUrl("https://storage.googleapis.com", credentials, target, { expiresSec: 60 }, now),
  );
  assert.equal(url.pathname, "/b/a%20b/c%2Bd.fits");
  assert.equal(url.searchParams.get("X-Goog-Date"), "20260102T030405Z");
  assert.equal(url.searchParams.get("X-Goog-Expires"), "60");
  const signature = Buffer.from(url.searchParams.get("X-Goog-Signature")!, "hex");
  assert.equal(signature.length, 256);
});
