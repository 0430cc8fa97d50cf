import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Daemon, startDaemon, userIds, waitUntil } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";

/** A PostgreSQL server of one's own. */
export interface PostgresServer {
  readonly port: number;
  /** URL of its superuser's database, without password. */
  readonly url: string;
  /** Makes an empty database, unless a kept folder has it, and gives its URL. */
  createDatabase(name: string): string;
  /** Ends it at once (SIGQUIT, no checkpoint), as a power cut does; `start` brings it back. */
  crash(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its folder, unless that is kept. */
  stop(): Promise<void>;
}

const USER = "postgres";

function programs(): string | undefined {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return undefined;
  const newest = readdirSync(root).sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : join(root, newest, "bin");
}

/** What is missing to start one; empty when nothing is. */
export function missingForPostgres(): string {
  if (process.env.ALMAGEST_TESTS === "fast") return "fast tests leave PostgreSQL out; npm test runs it";
  const folder = programs();
  return folder !== undefined && existsSync(join(folder, "initdb"))
    ? ""
    : "needs PostgreSQL's server (Debian package postgresql)";
}

/** Ends the server that a killed process left on a kept folder. */
async function endOrphan(data: string): Promise<void> {
  const file = join(data, "postmaster.pid");
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, "utf8").split("\n", 1)[0]);
  const isThere = (): boolean => {
    const words = `/proc/${pid}/cmdline`;
    return existsSync(words) && readFileSync(words, "utf8").split("\0").includes(data);
  };
  if (isThere()) process.kill(pid, "SIGQUIT");
  await waitUntil(() => !isThere(), "the end of an earlier PostgreSQL", undefined, 30);
}

/**
 * Starts an empty server in a folder of its own that goes with it; or in `kept`, which stays: what an earlier server left
 * there is there again. `settings` are lines of postgresql.conf. Trusts everybody on the loopback interface.
 */
export async function startPostgres(
  settings: readonly string[] = [],
  kept?: string,
): Promise<PostgresServer> {
  const bin = programs();
  if (bin === undefined) throw new Error(missingForPostgres());
  if (kept !== undefined) mkdirSync(kept, { recursive: true });
  const folder = kept ?? mkdtempSync(join(tmpdir(), "almagest-postgres-"));
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    const { uid, gid } = userIds(USER);
    chownSync(folder, uid, gid);
  }
  chmodSync(folder, 0o755);
  const data = join(folder, "data");
  const identity = isRoot ? userIds(USER) : {};
  const isNew = !existsSync(join(data, "PG_VERSION"));
  const initialise = (): Buffer =>
    execFileSync(
      join(bin, "initdb"),
      [
        "-D",
        data,
        "-U",
        USER,
        "--auth=trust",
        "--data-checksums",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
      ],
      { stdio: "ignore", cwd: folder, ...identity },
    );
  if (!isNew) await endOrphan(data);
  const [port] = await freePorts(1);
  if (isNew) {
    initialise();
    appendFileSync(
      join(data, "postgresql.conf"),
      ["listen_addresses='127.0.0.1'", `unix_socket_directories='${folder}'`, ...settings, ""].join("\n"),
    );
  }
  let daemon: Daemon | undefined;
  const psql = (text: string): boolean =>
    spawnSync("psql", ["-h", "127.0.0.1", "-p", `${port}`, "-U", USER, "-qAtc", text]).status === 0;
  const start = async (): Promise<void> => {
    daemon = startDaemon(join(bin, "postgres"), ["-D", data, "-p", `${port}`], {
      log: join(folder, "log"),
      folder,
      user: USER,
      stopSignal: "SIGINT",
    });
    await waitUntil(() => psql("SELECT 1"), "PostgreSQL", daemon, 30);
  };
  await start();
  const urlOf = (name: string): string => `postgresql://${USER}@127.0.0.1:${port}/${name}`;
  return {
    port: port!,
    url: urlOf("postgres"),
    createDatabase: (name) => {
      if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new Error(`'${name}' is no plain name`);
      const there = psql(`SELECT 1 / count(*) FROM pg_database WHERE datname = '${name}'`);
      if (!there && !psql(`CREATE DATABASE ${name}`)) throw new Error(`cannot create database ${name}`);
      return urlOf(name);
    },
    crash: async () => {
      if (daemon?.isRunning()) process.kill(daemon.pid, "SIGQUIT");
      await daemon?.ended;
    },
    start,
    stop: async () => {
      await daemon?.stop();
      if (kept === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}
