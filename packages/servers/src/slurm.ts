import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Daemon, startDaemon, waitUntil } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";
import { startMariadb } from "./mariadb.ts";
import { startMunge } from "./munge.ts";
import { writeSlurmFiles } from "./slurm-files.ts";

/** A Slurm cluster of one's own, all its virtual nodes on this machine. */
export interface SlurmSite {
  /** Environment for Slurm's commands. */
  readonly environment: Readonly<Record<string, string>>;
  readonly nodes: readonly string[];
  /** Base URL of slurmrestd, where it was asked for. */
  readonly restUrl?: string;
  /** Runs one of Slurm's commands and gives what it printed. Throws when it fails. */
  run(program: string, ...args: readonly string[]): string;
  /** A token for slurmrestd, for a user of this machine. */
  createToken(user: string): string;
  /** Ends the daemon of a node and all that it runs, at once, as when its power is cut. */
  killNode(node: string): Promise<void>;
  /** Starts the daemon of a node again. */
  startNode(node: string): Promise<void>;
  /** Ends the controller at once; jobs run on. */
  killController(): Promise<void>;
  /** Starts the controller again, from the state it saved. */
  startController(): Promise<void>;
  /** Ends all daemons and removes the folder. */
  stop(): Promise<void>;
}

/** What the cluster shall be. */
export interface SlurmOptions {
  /** 4 unless told. */
  readonly nodes?: number;
  /** Per node; 2 unless told. More than the machine has is fine. */
  readonly cpus?: number;
  /** Per node; 8000 unless told. */
  readonly memoryMb?: number;
  /** Start slurmrestd too. */
  readonly rest?: boolean;
  /** More lines of slurm.conf. */
  readonly settings?: readonly string[];
}

const PROGRAMS = ["slurmctld", "slurmd", "slurmdbd", "munged", "mariadbd"];

/** User of slurmrestd, which refuses to be root. */
const REST_USER = "nobody";

/** What is missing to start one; empty when nothing is. */
export function missingForSlurm(): string {
  if (process.getuid?.() !== 0) return "needs root, for Slurm";
  const missing = PROGRAMS.map((name) => `/usr/sbin/${name}`).filter((path) => !existsSync(path));
  return missing.length === 0
    ? ""
    : `needs ${missing.join(", ")} (Debian packages slurmctld, slurmd, slurmdbd, munge, mariadb-server)`;
}

/** Starts a cluster with accounting. Jobs' memory limits hold where the machine has cgroups of version 1. */
export async function startSlurm(options: SlurmOptions = {}): Promise<SlurmSite> {
  const { nodes: count = 4, cpus = 2, memoryMb = 8000, rest = false, settings = [] } = options;
  const folder = mkdtempSync(join(tmpdir(), "almagest-slurm-"));
  chmodSync(folder, 0o755);
  const daemons = new Map<string, Daemon>();
  const [databasePort, accountingPort, controllerPort, restPort, ...nodePorts] = (await freePorts(
    4 + count,
  )) as [number, number, number, number, ...number[]];
  const nodes = nodePorts.map((port, i) => ({ name: `n${i + 1}`, port }));
  const environment = { SLURM_CONF: join(folder, "slurm.conf") };
  const env = { ...process.env, ...environment };
  const run = (program: string, ...args: readonly string[]): string =>
    execFileSync(program, args, { encoding: "utf8", env, stdio: "pipe", maxBuffer: 1 << 28 });
  const answers = (program: string, ...args: readonly string[]): boolean =>
    spawnSync(program, args, { env }).status === 0;
  const start = (name: string, program: string, args: readonly string[]): Daemon => {
    const daemon = startDaemon(program, args, { log: join(folder, `${name}.out`), environment });
    daemons.set(name, daemon);
    return daemon;
  };
  const idle = (name: string): boolean => run("sinfo", "-h", "-N", "-n", name, "-o", "%T").trim() === "idle";
  const site: SlurmSite = {
    environment,
    nodes: nodes.map(({ name }) => name),
    ...(rest ? { restUrl: `http://127.0.0.1:${restPort}` } : {}),
    run,
    createToken: (user) =>
      run("scontrol", "token", `username=${user}`, "lifespan=7200").trim().replace("SLURM_JWT=", ""),
    async killNode(node) {
      await daemons.get(node)?.kill();
      killSteps(join(folder, "spool", node));
    },
    async startNode(node) {
      const daemon = start(node, "/usr/sbin/slurmd", ["-D", "-N", node]);
      await waitUntil(() => idle(node), `slurmd ${node}`, daemon);
    },
    async killController() {
      await daemons.get("slurmctld")?.kill();
    },
    async startController() {
      // Slurm tells its daemons apart by the name they are started with: this one must end in slurmctld.
      const daemon = start("slurmctld", "/usr/sbin/slurmctld", ["-D"]);
      await waitUntil(() => answers("scontrol", "ping"), "slurmctld", daemon);
    },
    async stop() {
      // Jobs first, as they do not end with their node's daemon.
      spawnSync("scancel", ["--full", "--signal=KILL", "--user=root"], { env });
      const ordered = [...daemons.values()].reverse();
      await Promise.all(ordered.slice(0, -3).map((daemon) => daemon.stop()));
      for (const name of site.nodes) killSteps(join(folder, "spool", name));
      for (const daemon of ordered.slice(-3)) await daemon.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    const munge = await startMunge(folder);
    daemons.set("munged", munge.daemon);
    daemons.set("mariadbd", await startMariadb(folder, databasePort, "slurm"));
    const ports = { databasePort, accountingPort, controllerPort };
    // Clusters of one machine share its cgroups, where a job is known by node and number: each begins elsewhere.
    const firstJob = 1000 * (1 + crypto.getRandomValues(new Uint16Array(1))[0]!);
    writeSlurmFiles({ folder, socket: munge.socket, ...ports, nodes, cpus, memoryMb, firstJob, settings });
    const accounting = start("slurmdbd", "/usr/sbin/slurmdbd", ["-D"]);
    await waitUntil(() => answers("sacctmgr", "-n", "show", "cluster"), "slurmdbd", accounting);
    run("sacctmgr", "-i", "add", "cluster", "almagest");
    await site.startController();
    await Promise.all(site.nodes.map((name) => site.startNode(name)));
    if (rest) await startRest(folder, restPort, environment, daemons);
    return site;
  } catch (error) {
    await site.stop();
    throw error;
  }
}

async function startRest(
  folder: string,
  port: number,
  environment: Readonly<Record<string, string>>,
  daemons: Map<string, Daemon>,
): Promise<void> {
  const daemon = startDaemon(
    "/usr/sbin/slurmrestd",
    ["-a", "rest_auth/jwt", "-s", "openapi/v0.0.38,openapi/dbv0.0.38", `127.0.0.1:${port}`],
    {
      log: join(folder, "slurmrestd.out"),
      user: REST_USER,
      environment: { ...environment, SLURM_JWT: "daemon" },
    },
  );
  daemons.set("slurmrestd", daemon);
  const answers = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/slurm/v0.0.38/ping`).then(
      () => true,
      () => false,
    );
  await waitUntil(answers, "slurmrestd", daemon);
}

/** Ends the processes of all job steps of a node: the step daemons, which it finds by their sockets, and all below them. */
function killSteps(spool: string): void {
  if (!existsSync(spool)) return;
  const jobs = new Set(
    readdirSync(spool).flatMap((name) => {
      const [, job] = /^\w+_(\d+)\.\d+(?:\.\d+)?$/.exec(name) ?? [];
      return job === undefined ? [] : [job];
    }),
  );
  if (jobs.size === 0) return;
  const table = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" });
  const rows = table.split("\n").flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid ? [{ pid: Number(pid), parent: Number(parent), command: command! }] : [];
  });
  const doomed = new Set(
    rows.flatMap(({ pid, command }) => {
      const [, job] = /^slurmstepd: \[(\d+)\./.exec(command) ?? [];
      return job !== undefined && jobs.has(job) ? [pid] : [];
    }),
  );
  for (let grown = -1; grown !== doomed.size; ) {
    grown = doomed.size;
    for (const { pid, parent } of rows) if (doomed.has(parent)) doomed.add(pid);
  }
  for (const pid of doomed) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
