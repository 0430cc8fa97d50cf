import assert from "node:assert/strict";
import { generateKeyPairSync, verify } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { AlmagestError } from "@almagest/base";
import { forwardLogs } from "../service/forward-logs.ts";
import { readServiceConfig } from "../service/service-config.ts";
import { hideSecrets, hideSecretsIn } from "./hide-secrets.ts";
import { LineForwarder } from "./line-forwarder.ts";
import type { LogLine } from "./log-store.ts";

const line = (text: string, changes: Partial<LogLine> = {}): LogLine => ({
  ...{ timeMs: 1_700_000_000_123, workflowId: 1, task: "isr", jobId: 5, attemptId: 9, queue: "Q" },
  ...{ level: "info", text, ...changes },
});

const fast = { periodMs: 1, retryMs: 1 };

interface Seen {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A server on loopback; `answer` gives status and body of each request in turn. */
async function serve(t: TestContext, answer: (seen: Seen) => readonly [number, object]) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const asked = { path: request.url!, headers: request.headers, body };
      seen.push(asked);
      const [status, reply] = answer(asked);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(reply));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close().closeAllConnections());
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function until(check: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !check(); ) {
    assert.ok(performance.now() < end, "it did not come");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A logger that keeps what it is told. */
function keepLog() {
  const records: string[] = [];
  const record = (message: string, fields?: Record<string, unknown>): void => {
    const { error, ...rest } = fields ?? {};
    records.push(JSON.stringify({ message, ...rest, error: error instanceof Error ? error.message : error }));
  };
  const log = { debug: record, info: record, warn: record, error: record, child: () => log };
  return { log, records };
}

test("lines go on in batches and in order, again after a failure; what is refused for good is left out and said", async () => {
  const sent: string[][] = [];
  let calls = 0;
  const { log, records } = keepLog();
  const forward = new LineForwarder(
    async (lines) => {
      calls++;
      if (calls === 1) throw new Error("away");
      if (lines.some(({ text }) => text === "bad")) {
        throw new AlmagestError("WORKLOAD.LOGS_REFUSED", "no");
      }
      sent.push(lines.map(({ text }) => text));
    },
    { ...fast, batchLines: 2, batchCharacters: 10, waitingCharacters: 40, log },
  );
  forward.take(["a", "b", "c", "bad", "a long long line", "d", "x".repeat(30)].map((text) => line(text)));
  await until(() => sent.flat().includes("d"));
  assert.deepEqual(sent, [["a", "b"], ["a long long line"], ["d"]]);
  assert.equal(records.filter((record) => record.includes("could not be sent on")).length, 1);
  assert.equal(records.filter((record) => record.includes("were refused")).length, 1);
  assert.equal(records.filter((record) => record.includes("were left out")).length, 1);
  forward.take([line("last")]);
  await forward.close();
  assert.deepEqual(sent.at(-1), ["last"]);
});

test("Cloud Logging gets entries by a service account's token; a line sent again has its id, and no secret is logged", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "google-"));
  t.after(() => rm(folder, { recursive: true }));
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  let writes = 0;
  const google = await serve(t, ({ path }) => {
    if (path === "/token") return [200, { access_token: "ya29.SECRET-TOKEN", expires_in: 3600 }];
    writes++;
    return writes === 1 ? [503, { error: { message: "later" } }] : [200, {}];
  });
  const pem = String(privateKey.export({ type: "pkcs8", format: "pem" }));
  const keyFile = join(folder, "key.json");
  const account = { type: "service_account", client_email: "pilot@p.example", private_key_id: "K1" };
  await writeFile(
    keyFile,
    JSON.stringify({ ...account, private_key: pem, token_uri: `${google.url}/token` }),
  );
  const { log, records } = keepLog();
  const config = readServiceConfig({ logs: { google: { project: "rubin", keyFile, url: google.url } } });
  const [forward] = forwardLogs(config, log);
  forward!.take([line("first light"), line("no star", { level: "error", timeMs: 0 })]);
  await until(() => writes === 2);
  await forward!.close();

  const [token, ...pushes] = google.seen;
  const form = new URLSearchParams(token!.body);
  assert.equal(form.get("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const [head, claims, signature] = form.get("assertion")!.split(".") as [string, string, string];
  const signed = Buffer.from(`${head}.${claims}`);
  assert.ok(verify("RSA-SHA256", signed, publicKey, Buffer.from(signature, "base64url")));
  const { iss, scope, aud, iat, exp } = JSON.parse(Buffer.from(claims, "base64url").toString());
  assert.deepEqual([iss, aud, exp - iat], [account.client_email, `${google.url}/token`, 3600]);
  assert.match(scope, /logging\.write$/);

  assert.deepEqual(
    pushes.map(({ path }) => path),
    ["/v2/entries:write", "/v2/entries:write"],
  );
  for (const { headers } of pushes) assert.equal(headers.authorization, "Bearer ya29.SECRET-TOKEN");
  assert.equal(pushes[0]!.body, pushes[1]!.body);
  const { logName, entries } = JSON.parse(pushes[1]!.body);
  assert.equal(logName, "projects/rubin/logs/almagest-jobs");
  assert.partialDeepStrictEqual(entries, [
    {
      textPayload: "first light",
      severity: "INFO",
      timestamp: "2023-11-14T22:13:20.123Z",
      labels: { job: "5" },
    },
    { textPayload: "no star", severity: "ERROR" },
  ]);
  assert.notEqual(entries[0].insertId, entries[1].insertId);
  const told = records.join("\n");
  assert.match(told, /status 503/);
  for (const secret of ["ya29", "PRIVATE", pem.split("\n")[1]!]) assert.ok(!told.includes(secret));
});

test("a key that cannot be used or a token that is refused is told without its contents, and tried again", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "google-"));
  t.after(() => rm(folder, { recursive: true }));
  const keyFile = join(folder, "key.json");
  await writeFile(keyFile, '{"client_email": "a@b", "private_key": "SECRET-KEY", ');
  const { log, records } = keepLog();
  const google = { project: "rubin", keyFile, url: "http://127.0.0.1:9" };
  const [forward] = forwardLogs(readServiceConfig({ logs: { google } }), log);
  forward!.take([line("a line")]);
  await until(() => records.length > 0);
  await forward!.close();
  assert.match(records[0]!, /No token for Google's Cloud Logging: .*key\.json could not be used/);
  assert.ok(!records.join("").includes("SECRET"));
});

test("Loki gets its form with the token of a file", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "loki-"));
  t.after(() => rm(folder, { recursive: true }));
  const loki = await serve(t, () => [204, {}]);
  const tokenFile = join(folder, "token");
  await writeFile(tokenFile, "T\n");
  const config = readServiceConfig({ logs: { loki: { url: `${loki.url}/loki/api/v1/push`, tokenFile } } });
  const [forward] = forwardLogs(config, keepLog().log);
  forward!.take([line("first light")]);
  await until(() => loki.seen.length === 1);
  await forward!.close();
  assert.equal(loki.seen[0]!.headers.authorization, "Bearer T");
  assert.equal(JSON.parse(loki.seen[0]!.body).streams[0].values[0][1], "first light");
});

test("secrets that payloads print are hidden, other text is left as it is", () => {
  const plain = [
    "basic calibration of 12 stars",
    "token 7 of 9",
    "https://example.org/a@b",
    "tokens: 12",
    "passwd",
  ];
  for (const text of plain) assert.equal(hideSecrets(text), text);
  assert.equal(hideSecrets("Authorization: Bearer abcdefghijklmnop.q"), "Authorization: Bearer [hidden]");
  assert.equal(hideSecrets("got eyJhbGciOiJSUzI1.eyJzdWIiOiJ4In0.c2ln now"), "got [hidden] now");
  assert.equal(hideSecrets("postgresql://ada:hunter2@db/x"), "postgresql://ada:[hidden]@db/x");
  assert.equal(
    hideSecrets('{"client_secret": "s3cr3t-thing", "a": 1}'),
    '{"client_secret": "[hidden]", "a": 1}',
  );
  assert.equal(hideSecrets("key AKIAABCDEFGHIJKLMNOP"), "key [hidden]");
  const key = ["before", "-----BEGIN RSA PRIVATE KEY-----", "MIIE", "-----END RSA PRIVATE KEY-----", "after"];
  assert.deepEqual(
    hideSecretsIn(key.map((text) => ({ text }))).map(({ text }) => text),
    ["before", "[hidden private key]", "[hidden]", "[hidden]", "after"],
  );
});
