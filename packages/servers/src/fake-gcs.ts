import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { startDaemon, waitUntil } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";

/** An emulator of Google Cloud Storage, whose real one runs only at Google. */
export interface FakeGcs {
  /** `http://127.0.0.1:PORT`, for `STORAGE_EMULATOR_HOST`. */
  readonly endpoint: string;
  createBucket(name: string): Promise<void>;
  stop(): Promise<void>;
}

const PROGRAM = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"),
  "almagest/go/bin/fake-gcs-server",
);

/** What is missing to start one; empty when nothing is. */
export function missingForFakeGcs(): string {
  return existsSync(PROGRAM)
    ? ""
    : `needs ${PROGRAM} (node scripts/provision.mjs builds it where there is Go)`;
}

/** Starts an empty emulator that keeps objects in memory and asks for no credentials. */
export async function startFakeGcs(): Promise<FakeGcs> {
  const missing = missingForFakeGcs();
  if (missing !== "") throw new Error(missing);
  const folder = mkdtempSync(join(tmpdir(), "almagest-gcs-"));
  const [port] = await freePorts(1);
  const endpoint = `http://127.0.0.1:${port}`;
  const daemon = startDaemon(
    PROGRAM,
    [
      ...["-scheme", "http", "-host", "127.0.0.1", "-port", `${port}`, "-backend", "memory"],
      ...["-data", join(folder, "none"), "-public-host", `127.0.0.1:${port}`, "-log-level", "warn"],
    ],
    { log: join(folder, "log"), folder },
  );
  const buckets = `${endpoint}/storage/v1/b`;
  const answers = (): Promise<boolean> =>
    fetch(`${buckets}?project=test`).then(
      (reply) => reply.ok,
      () => false,
    );
  await waitUntil(answers, "fake-gcs-server", daemon);
  return {
    endpoint,
    createBucket: async (name) => {
      const reply = await fetch(buckets, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name }),
      });
      if (!reply.ok) throw new Error(`bucket ${name}: status ${reply.status} ${await reply.text()}`);
    },
    stop: async () => {
      await daemon.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
