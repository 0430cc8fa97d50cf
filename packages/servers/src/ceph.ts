import { execFileSync, spawnSync } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Daemon, startDaemon, waitUntil } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";

/** A Ceph of one disk with its RADOS Gateway: a real S3 service. */
export interface CephServer {
  /** `http://127.0.0.1:PORT`, path-style addressing. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Makes an empty bucket. */
  createBucket(name: string): Promise<void>;
  /** The gateway ends at once, as a power cut does; `startGateway` brings it back. */
  crashGateway(): Promise<void>;
  startGateway(): Promise<void>;
  /** Ends everything and removes its folder. */
  stop(): Promise<void>;
}

const PROGRAMS = ["ceph-mon", "ceph-mgr", "ceph-osd", "radosgw", "radosgw-admin", "ceph-authtool"];
const CREDENTIALS = { accessKey: "ALMAGESTTESTKEY", secretKey: "almagest-test-secret" };

/** What is missing to start one; empty when nothing is. */
export function missingForCeph(): string {
  const absent = PROGRAMS.filter((name) => !existsSync(`/usr/bin/${name}`));
  if (absent.length > 0)
    return `needs Ceph with its gateway (Debian packages ceph, radosgw): ${absent.join(", ")}`;
  return process.getuid?.() === 0 ? "" : "needs root, to run Ceph's own daemons";
}

interface Ports {
  readonly monitor2: number;
  readonly monitor1: number;
  readonly gateway: number;
}

function configuration(folder: string, id: string, ports: Ports): string {
  return `[global]
fsid=${id}
mon host=[v2:127.0.0.1:${ports.monitor2},v1:127.0.0.1:${ports.monitor1}]
public addr=127.0.0.1
cluster addr=127.0.0.1
auth cluster required=cephx
auth service required=cephx
auth client required=cephx
keyring=${folder}/keyring
run dir=${folder}/run
log file=${folder}/log/$name.log
admin socket=${folder}/run/$name.asok
pid file=${folder}/run/$name.pid
osd pool default size=1
osd pool default min size=1
osd pool default pg num=4
osd pool default pgp num=4
osd crush chooseleaf type=0
mon allow pool size one=true
mon warn on pool no redundancy=false
mon data=${folder}/mon
mgr data=${folder}/mgr
osd data=${folder}/osd
osd objectstore=memstore
memstore device bytes=4294967296
osd memory target=939524096
osd max object name len=256
osd max object namespace len=64
ms bind ipv6=false
[client.rgw]
rgw frontends=beast endpoint=127.0.0.1:${ports.gateway} tcp_nodelay=1
rgw enable usage log=false
rgw data=${folder}/rgw
`;
}

const KEYS: readonly (readonly string[])[] = [
  ["mon.", "--cap", "mon", "allow *"],
  ["client.admin", "--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *"],
  ["mgr.x", "--cap", "mon", "allow profile mgr", "--cap", "osd", "allow *"],
  ["client.rgw", "--cap", "mon", "allow rw", "--cap", "osd", "allow rwx", "--cap", "mgr", "allow rw"],
  [
    "osd.0",
    "--cap",
    "mon",
    "allow profile osd",
    "--cap",
    "osd",
    "allow *",
    "--cap",
    "mgr",
    "allow profile osd",
  ],
];

/** Makes a bucket by the old signature (version 2), short enough to spell out here. */
async function makeBucket(endpoint: string, name: string): Promise<void> {
  const date = new Date().toUTCString();
  const signature = createHmac("sha1", CREDENTIALS.secretKey)
    .update(`PUT\n\n\n${date}\n/${name}`)
    .digest("base64");
  const headers = { date, authorization: `AWS ${CREDENTIALS.accessKey}:${signature}` };
  const reply = await fetch(`${endpoint}/${name}`, { method: "PUT", headers });
  if (!reply.ok) throw new Error(`bucket ${name}: status ${reply.status} ${await reply.text()}`);
}

/**
 * Starts an empty Ceph (monitor, manager, one disk in memory) and its gateway, with one user. It takes about fifteen
 * seconds, so share one between tests.
 */
export async function startCeph(): Promise<CephServer> {
  const missing = missingForCeph();
  if (missing !== "") throw new Error(missing);
  const folder = mkdtempSync(join(tmpdir(), "almagest-ceph-"));
  for (const name of ["run", "log", "mon", "mgr", "osd", "rgw"]) mkdirSync(join(folder, name));
  const [monitor2, monitor1, gateway] = await freePorts(3);
  const id = randomUUID();
  const config = join(folder, "ceph.conf");
  writeFileSync(
    config,
    configuration(folder, id, { monitor2: monitor2!, monitor1: monitor1!, gateway: gateway! }),
  );
  const environment = { CEPH_CONF: config };
  const run = (program: string, args: readonly string[]): string =>
    execFileSync(program, args, {
      cwd: folder,
      env: { ...process.env, ...environment },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  const ceph = (...args: string[]): string => run("/usr/bin/ceph", ["-c", config, ...args]);
  const daemons: Daemon[] = [];
  const start = (program: string, ...args: string[]): Daemon => {
    const daemon = startDaemon(`/usr/bin/${program}`, ["-f", "-c", config, ...args], {
      log: join(folder, "log", `${program}.out`),
      environment,
      folder,
    });
    daemons.unshift(daemon);
    return daemon;
  };
  const stop = async (): Promise<void> => {
    // Nothing of this cluster is wanted again: no need to wait for orderly ends.
    await Promise.all(daemons.map((daemon) => daemon.kill()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    run("ceph-authtool", ["-C", "keyring"]);
    for (const [name, ...caps] of KEYS) run("ceph-authtool", ["keyring", "--gen-key", "-n", name!, ...caps]);
    const address = `[v2:127.0.0.1:${monitor2},v1:127.0.0.1:${monitor1}]`;
    run("monmaptool", ["--create", "--addv", "a", address, "--fsid", id, "monmap"]);
    run("ceph-mon", ["-c", config, "--mkfs", "-i", "a", "--monmap", "monmap", "--keyring", "keyring"]);
    const monitor = start("ceph-mon", "-i", "a");
    await waitUntil(
      () =>
        spawnSync("timeout", ["5", "/usr/bin/ceph", "-c", config, "-s"], { stdio: "ignore" }).status === 0,
      "Ceph's monitor",
      monitor,
    );
    ceph("auth", "import", "-i", "keyring");
    start("ceph-mgr", "-i", "x");
    const disk = randomUUID();
    ceph("osd", "new", disk);
    run("ceph-osd", ["-c", config, "-i", "0", "--mkfs", "--osd-uuid", disk]);
    const osd = start("ceph-osd", "-i", "0");
    await waitUntil(() => ceph("osd", "stat").includes("1 up"), "Ceph's disk", osd);
    const endpoint = `http://127.0.0.1:${gateway}`;
    let server: Daemon;
    const startGateway = async (): Promise<void> => {
      server = start("radosgw", "-n", "client.rgw");
      const answers = (): Promise<boolean> =>
        fetch(endpoint).then(
          (reply) => reply.ok,
          () => false,
        );
      await waitUntil(answers, "Ceph's gateway", server, 120);
    };
    await startGateway();
    run("radosgw-admin", [
      ...["-c", config, "-n", "client.admin", "user", "create", "--uid=almagest", "--display-name=test"],
      `--access-key=${CREDENTIALS.accessKey}`,
      `--secret-key=${CREDENTIALS.secretKey}`,
    ]);
    return {
      endpoint,
      ...CREDENTIALS,
      createBucket: (name) => makeBucket(endpoint, name),
      crashGateway: () => server.kill(),
      startGateway,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
