import { spawn, spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseGoogleCredentials } from "../../packages/resources/src/gcs/google-credentials.ts";
import { createAssertion } from "../../packages/resources/src/gcs/google-token.ts";
import { signGcsUrl } from "../../packages/resources/src/gcs/signed-url.ts";
import { encodePath, storeFor } from "../../packages/resources/src/index.ts";
import {
  freePorts,
  startDaemon,
  startFakeGcs,
  startFaultProxy,
  waitUntil,
} from "../../packages/servers/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";

const ask = <T>(request: unknown): T => {
  const run = spawnSync(
    findPython(["lsst.resources", "google.cloud.storage"]),
    [join(import.meta.dirname, "google-storage.py")],
    { input: JSON.stringify(request), encoding: "utf8", maxBuffer: 2 ** 28 },
  );
  if (run.status !== 0) throw new Error(run.stderr.slice(-2000));
  return JSON.parse(run.stdout) as T;
};

const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");
const NAMES = ["plain.txt", "a b/ü#?%+&=.fits", "deep/er/and deeper/x'(1)*!.json", "empty", "large.bin"];
const sizeOf = (name: string): number =>
  name === "empty" ? 0 : name === "large.bin" ? 20 * 2 ** 20 + 7 : 1000;

/** Objects of ours read by Google's client through `lsst.resources`, and its by us. */
async function exchange(): Promise<{ figure: string; pass: boolean }> {
  const emulator = await startFakeGcs();
  process.env.STORAGE_EMULATOR_HOST = emulator.endpoint;
  const folder = await mkdtemp(join(tmpdir(), "almagest-gcs-interop-"));
  const store = await storeFor("gs://x");
  try {
    await emulator.createBucket("shared");
    const ours = new Map<string, unknown>();
    for (const name of NAMES) {
      const bytes = Buffer.alloc(sizeOf(name), name);
      await writeFile(join(folder, "up"), bytes);
      const uri = `gs://shared/ours/${encodePath(name)}`;
      await store.upload(join(folder, "up"), uri);
      ours.set(uri, [bytes.length, md5(bytes), true]);
    }
    const seen = ask<Record<string, unknown>>({ do: "read", uris: [...ours.keys()] });
    let same = [...ours].filter(([uri, what]) => JSON.stringify(seen[uri]) === JSON.stringify(what)).length;
    const objects = NAMES.map((name) => [`gs://shared/theirs/${encodePath(name)}`, sizeOf(name)]);
    const theirs = ask<Record<string, string>>({ do: "write", objects });
    for (const [uri, digest] of Object.entries(theirs)) {
      if (md5(await store.read(uri)) === digest) same++;
    }
    const listed = (await Array.fromAsync(store.list("gs://shared/"), ({ uri }) => uri)).sort();
    const walked = ask<string[]>({ do: "names", bucket: "shared" }).map(
      (name) => `gs://shared/${encodePath(name)}`,
    );
    const lists = JSON.stringify(listed) === JSON.stringify(walked.sort());
    return {
      figure: `${same} of ${2 * NAMES.length} objects, lists ${lists ? "equal" : "different"}`,
      pass: same === 2 * NAMES.length && lists,
    };
  } finally {
    store.close?.();
    await emulator.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** URLs and assertions signed with one key at one time, which RSA makes equal byte for byte where the text is. */
async function compareSignatures(): Promise<{ figure: string; pass: boolean }> {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const account = {
    type: "service_account",
    client_email: "robot@project.iam.gserviceaccount.com",
    private_key: privateKey,
    private_key_id: "key-1",
    token_uri: "https://oauth2.googleapis.com/token",
  };
  const now = Date.UTC(2026, 4, 6, 7, 8, 9) / 1000;
  const targets = [...NAMES, "~tilde-_.x"].flatMap((key) => [
    ["bucket", key, "GET", 60] as const,
    ["dotted.bucket", key, "PUT", 604_800] as const,
  ]);
  const credentials = parseGoogleCredentials(JSON.stringify(account), "memory");
  const theirs = ask<string[]>({ do: "sign", account, now, targets });
  const equal = targets.filter(([bucket, key, method, expiresSec], index) => {
    const endpoint = "https://storage.googleapis.com";
    const options = { method, expiresSec };
    return signGcsUrl(endpoint, credentials, { bucket, key }, options, now * 1000) === theirs[index];
  }).length;
  if (credentials.kind !== "service-account") throw new Error("these are a service account's");
  const claimsOf = (token: string): string =>
    JSON.stringify(
      Object.entries(JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString())).sort(),
    );
  const tokens =
    claimsOf(createAssertion(credentials, now * 1000)) ===
    claimsOf(ask<string>({ do: "assertion", account, now }));
  return {
    figure: `${equal} of ${targets.length} URLs, claims ${tokens ? "equal" : "different"}`,
    pass: equal === targets.length && tokens,
  };
}

/** A killed upload is continued: the chunks that the service has do not travel again. The emulator is the one that tells
 * what it has of an unfinished session. */
async function continueUpload(): Promise<{ figure: string; pass: boolean; note: string }> {
  const python = findPython(["gcp_storage_emulator"]);
  const folder = await mkdtemp(join(tmpdir(), "almagest-gcs-resume-"));
  const [port] = await freePorts(1);
  const endpoint = `http://localhost:${port}`;
  const args = ["-m", "gcp_storage_emulator", "start", "--port", `${port}`, "--in-memory"];
  const daemon = startDaemon(python, args, { log: join(folder, "log"), folder });
  const answers = (): Promise<boolean> =>
    fetch(`${endpoint}/storage/v1/b?project=p`).then(
      () => true,
      () => false,
    );
  let proxy: Awaited<ReturnType<typeof startFaultProxy>> | undefined;
  try {
    await waitUntil(answers, "gcp-storage-emulator", daemon);
    proxy = await startFaultProxy(endpoint);
    const made = await fetch(`${endpoint}/storage/v1/b?project=p`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"name": "big"}',
    });
    if (!made.ok) throw new Error(`no bucket: ${made.status}`);
    const size = 70 * 2 ** 20 + 11;
    const bytes = Buffer.alloc(size, "without much of a pattern, but enough");
    const path = join(folder, "big");
    await writeFile(path, bytes);
    const env = { ...process.env, STORAGE_EMULATOR_HOST: proxy.url, XDG_CACHE_HOME: folder };
    const upload = () =>
      spawn(
        process.execPath,
        [
          join(import.meta.dirname, "../../packages/resources/src/testing/upload-child.ts"),
          path,
          "gs://big/x",
        ],
        { env, stdio: "inherit" },
      );
    const chunks = (): number[] =>
      proxy!.seen.flatMap(({ headers }) => {
        const start = /^bytes (\d+)-/.exec(`${headers["content-range"]}`)?.[1];
        return start === undefined ? [] : [Number(start)];
      });
    // The third chunk never gets through: the child waits for its answer until it is killed.
    proxy.setFaults(({ headers }) =>
      `${headers["content-range"]}`.startsWith(`bytes ${32 * 2 ** 20}-`) ? { kind: "hang" } : undefined,
    );
    const first = upload();
    const ended = new Promise((resolve) => first.once("exit", resolve));
    await waitUntil(() => chunks().length >= 3, "the third chunk");
    first.kill("SIGKILL");
    await ended;
    const missing = (await fetch(`${endpoint}/storage/v1/b/big/o/x`)).status === 404;
    proxy.setFaults(() => undefined);
    proxy.seen.length = 0;
    const second = upload();
    const code = await new Promise((resolve) => second.once("exit", resolve));
    const got = await (await fetch(`${endpoint}/storage/v1/b/big/o/x?alt=media`)).arrayBuffer();
    const sentAgain = chunks()[0]! < 32 * 2 ** 20;
    const whole = md5(new Uint8Array(got)) === md5(bytes);
    return {
      figure: `object ${whole ? "whole" : "wrong"}, continued at ${chunks()[0]! / 2 ** 20} MiB`,
      pass: missing && code === 0 && whole && !sentAgain,
      note: "70 MiB, killed by SIGKILL after 32 MiB",
    };
  } finally {
    await proxy?.close();
    await daemon.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Google Cloud Storage, whose real service runs only at Google: its own client is the judge, in two emulators. */
export const bars: Bar[] = [
  {
    name: "objects exchanged with Google's client by way of lsst.resources",
    goal: "all equal, both ways",
    measure: exchange,
  },
  {
    name: "signed URLs and token requests of a service account, beside Google's client",
    goal: "equal byte for byte",
    measure: compareSignatures,
  },
  {
    name: "a killed upload to Google Cloud Storage",
    goal: "continued, not repeated",
    measure: continueUpload,
  },
];
