/** A real Slurm of virtual nodes on this machine: munge, MariaDB, slurmdbd, slurmctld and one slurmd per node as children of
 * this process, on the loopback interface and free ports. Needs root and Debian's packages slurmctld, slurmd, slurmdbd,
 * slurm-client, munge, mariadb-server. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A running cluster. */
export interface SlurmSite {
  /** Environment for Slurm's commands. */
  readonly environment: Readonly<Record<string, string>>;
  readonly nodes: readonly string[];
  /** Ends the daemon of a node and all that it runs, at once, as when its power is cut. */
  killNode(node: string): void;
  /** Ends all daemons and removes the folder. */
  stop(): Promise<void>;
}

/** What is missing to start one; empty when nothing is. */
export function missingForSlurm(): string {
  if (process.getuid?.() !== 0) return "needs root";
  const programs = ["slurmctld", "slurmd", "slurmdbd", "munged", "mariadbd"].map(
    (name) => `/usr/sbin/${name}`,
  );
  const missing = programs.filter((path) => !existsSync(path));
  return missing.length === 0 ? "" : `needs ${missing.join(", ")}`;
}

/** Starts a cluster of `nodes` nodes with `cpus` CPUs and `memoryMb` each. */
export async function startSlurm({ nodes = 4, cpus = 2, memoryMb = 8000 } = {}): Promise<SlurmSite> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-slurm-"));
  chmodSync(folder, 0o755);
  const names = Array.from({ length: nodes }, (_, i) => `n${i + 1}`);
  const ports = await freePorts(3 + nodes);
  const environment = { SLURM_CONF: join(folder, "slurm.conf") };
  const children = new Map<string, ChildProcess>();
  const start = (name: string, program: string, args: readonly string[]): ChildProcess => {
    const log = openSync(join(folder, `${name}.out`), "a");
    const child = spawn(program, args, {
      stdio: ["ignore", log, log],
      env: { ...process.env, ...environment },
    });
    children.set(name, child);
    return child;
  };
  // No daemon outlives this process, however it ends.
  const killAll = (): void => {
    for (const child of children.values()) child.kill("SIGKILL");
  };
  const onSignal = (): void => process.exit(1);
  process.once("exit", killAll).once("SIGTERM", onSignal).once("SIGINT", onSignal);
  const stop = async (): Promise<void> => {
    for (const child of [...children.values()].reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await Promise.race([ended, sleep(5000).then(() => child.kill("SIGKILL"))]);
    }
    process.off("exit", killAll).off("SIGTERM", onSignal).off("SIGINT", onSignal);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await startMunge(folder, start);
    await startDatabase(folder, ports[0]!, start);
    writeConfiguration(folder, ports, names, { cpus, memoryMb });
    const slurm = (program: string, args: readonly string[]): string =>
      execFileSync(program, args, {
        encoding: "utf8",
        env: { ...process.env, ...environment },
        stdio: "pipe",
      });
    start("slurmdbd", "/usr/sbin/slurmdbd", ["-D"]);
    await until("slurmdbd", () => slurm("sacctmgr", ["-n", "show", "cluster"]));
    slurm("sacctmgr", ["-i", "add", "cluster", "almagest"]);
    start("slurmctld", "/usr/sbin/slurmctld", ["-D"]);
    for (const name of names) {
      mkdirSync(join(folder, "spool", name), { recursive: true });
      start(name, "/usr/sbin/slurmd", ["-D", "-N", name]);
    }
    await until("nodes", () => {
      const states = slurm("sinfo", ["-h", "-N", "-o", "%T"]).trim().split("\n");
      if (states.length !== nodes || states.some((state) => state !== "idle"))
        throw new Error(states.join(" "));
    });
    const killNode = (node: string): void => {
      children.get(node)?.kill("SIGKILL");
      for (const id of slurm("squeue", ["-h", "-r", "-w", node, "-o", "%A"]).trim().split("\n")) {
        if (id !== "") killSteps(Number(id));
      }
    };
    return { environment, nodes: names, killNode, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Start = (name: string, program: string, args: readonly string[]) => ChildProcess;

async function startMunge(folder: string, start: Start): Promise<void> {
  const home = join(folder, "munge");
  mkdirSync(home);
  const key = join(home, "munge.key");
  writeFileSync(key, crypto.getRandomValues(new Uint8Array(1024)), { mode: 0o400 });
  const [uid, gid] = [["-u"], ["-g"]].map((flag) =>
    Number(execFileSync("id", [...flag, "munge"], { encoding: "utf8" })),
  ) as [number, number];
  for (const path of [home, key]) chownSync(path, uid, gid);
  const socket = join(home, "munge.sock");
  const files = ["socket", "key-file", "log-file", "pid-file", "seed-file"];
  const paths = ["munge.sock", "munge.key", "munged.log", "munged.pid", "munged.seed"];
  start("munged", "setpriv", [
    ...["--reuid=munge", "--regid=munge", "--clear-groups", "/usr/sbin/munged", "--foreground"],
    ...files.map((option, i) => `--${option}=${join(home, paths[i]!)}`),
  ]);
  await until("munged", () => execFileSync("munge", ["-n", `--socket=${socket}`], { stdio: "pipe" }));
}

async function startDatabase(folder: string, port: number, start: Start): Promise<void> {
  const data = join(folder, "mariadb");
  mkdirSync(data);
  execFileSync("chown", ["mysql:mysql", data]);
  const common = ["--no-defaults", "--user=mysql", `--datadir=${data}`];
  const install = ["--auth-root-authentication-method=socket", "--skip-test-db"];
  execFileSync("mariadb-install-db", [...common, ...install], { stdio: "pipe" });
  const socket = join(data, "my.sock");
  start("mariadbd", "/usr/sbin/mariadbd", [
    ...common,
    `--socket=${socket}`,
    `--pid-file=${join(data, "my.pid")}`,
    ...["--bind-address=127.0.0.1", `--port=${port}`, "--innodb-flush-log-at-trx-commit=2"],
    "--innodb-lock-wait-timeout=900",
  ]);
  const grants = ["localhost", "127.0.0.1"].flatMap((host) => [
    `create user slurm@'${host}' identified by 'slurm'`,
    `grant all on slurm.* to slurm@'${host}'`,
  ]);
  const statements = ["create database slurm", ...grants].join("; ");
  await until("mariadbd", () =>
    execFileSync("mariadb", ["--no-defaults", "-S", socket, "-e", statements], { stdio: "pipe" }),
  );
}

function writeConfiguration(
  folder: string,
  ports: readonly number[],
  nodes: readonly string[],
  { cpus, memoryMb }: { readonly cpus: number; readonly memoryMb: number },
): void {
  const [databasePort, dbdPort, controllerPort, ...nodePorts] = ports;
  const socket = join(folder, "munge", "munge.sock");
  const host = hostname();
  mkdirSync(join(folder, "state"));
  writeFileSync(
    join(folder, "slurmdbd.conf"),
    `AuthType=auth/munge
AuthInfo=socket=${socket}
DbdHost=${host}
DbdAddr=127.0.0.1
DbdPort=${dbdPort}
SlurmUser=root
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=${databasePort}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm
LogFile=${folder}/slurmdbd.log
PidFile=${folder}/slurmdbd.pid
`,
    { mode: 0o600 },
  );
  // Memory limits hold really: the kernel's cgroup ends what uses more.
  const cgroups =
    "CgroupPlugin=cgroup/v1\nCgroupMountpoint=/sys/fs/cgroup\nCgroupAutomount=no\nConstrainRAMSpace=yes\n";
  writeFileSync(join(folder, "cgroup.conf"), cgroups);
  const nodeLines = nodes.map(
    (name, i) =>
      `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${nodePorts[i]} CPUs=${cpus} RealMemory=${memoryMb} State=UNKNOWN`,
  );
  writeFileSync(
    join(folder, "slurm.conf"),
    `ClusterName=almagest
SlurmctldHost=${host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${socket}
CredType=cred/munge
SlurmctldPort=${controllerPort}
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool/%n
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.%n.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.%n.log
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/cgroup
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=10
KillWait=5
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=1,sched_min_interval=200000,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
JobRequeue=1
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=${dbdPort}
AccountingStoragePass=${socket}
MaxArraySize=20001
${nodeLines.join("\n")}
PartitionName=batch Nodes=ALL Default=YES MaxTime=1-00:00:00 DefaultTime=00:30:00 State=UP
`,
  );
}

/** Ends the processes of a job's steps: the step daemon and all below it. */
function killSteps(job: number): void {
  const table = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" });
  const rows = table.split("\n").flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid ? [{ pid: Number(pid), parent: Number(parent), command: command! }] : [];
  });
  const doomed = new Set(
    rows.flatMap(({ pid, command }) => (command.startsWith(`slurmstepd: [${job}.`) ? [pid] : [])),
  );
  for (let grown = -1; grown !== doomed.size; ) {
    grown = doomed.size;
    for (const { pid, parent } of rows) if (doomed.has(parent)) doomed.add(pid);
  }
  for (const pid of doomed) process.kill(pid, "SIGKILL");
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer();
          server.listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Tries until it succeeds, for 30 s. */
async function until(what: string, attempt: () => unknown): Promise<void> {
  let last: unknown;
  for (let tries = 0; tries < 150; tries++) {
    try {
      attempt();
      return;
    } catch (error) {
      last = error;
      await sleep(200);
    }
  }
  throw new Error(`${what} did not come up: ${last}`);
}
