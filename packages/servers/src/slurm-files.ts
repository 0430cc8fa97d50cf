import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

/** What a cluster's configuration depends on. */
export interface SlurmFiles {
  readonly folder: string;
  /** Socket of its munged. */
  readonly socket: string;
  readonly databasePort: number;
  readonly accountingPort: number;
  readonly controllerPort: number;
  readonly nodes: readonly { readonly name: string; readonly port: number }[];
  readonly cpus: number;
  readonly memoryMb: number;
  /** Number of the first job. */
  readonly firstJob: number;
  /** More lines of slurm.conf. */
  readonly settings: readonly string[];
}

/** Where Linux has its cgroups of version 1; with them memory limits really hold. */
const CGROUPS = "/sys/fs/cgroup/memory";

/** Writes slurm.conf, slurmdbd.conf, cgroup.conf and the key of its tokens into the folder. */
export function writeSlurmFiles(files: SlurmFiles): void {
  const { folder } = files;
  const state = join(folder, "state");
  mkdirSync(state);
  for (const { name } of files.nodes) mkdirSync(join(folder, "spool", name), { recursive: true });
  const key = join(state, "jwt.key");
  writeFileSync(key, crypto.getRandomValues(new Uint8Array(32)), { mode: 0o600 });
  writeFileSync(join(folder, "slurmdbd.conf"), accountingText(files, key), { mode: 0o600 });
  writeFileSync(join(folder, "slurm.conf"), controllerText(files, key));
  const cgroups = ["CgroupPlugin=cgroup/v1", "CgroupAutomount=no", "ConstrainRAMSpace=yes", ""];
  writeFileSync(join(folder, "cgroup.conf"), cgroups.join("\n"));
}

const identityText = (socket: string, key: string): string => `AuthType=auth/munge
AuthInfo=socket=${socket}
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key=${key}
SlurmUser=root`;

function accountingText({ folder, socket, databasePort, accountingPort }: SlurmFiles, key: string): string {
  return `${identityText(socket, key)}
DbdHost=${hostname()}
DbdAddr=127.0.0.1
DbdPort=${accountingPort}
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=${databasePort}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm
LogFile=${folder}/slurmdbd.log
PidFile=${folder}/slurmdbd.pid
`;
}

function controllerText(files: SlurmFiles, key: string): string {
  const { folder, socket, cpus, memoryMb } = files;
  const host = hostname();
  const nodes = files.nodes.map(
    ({ name, port }) =>
      `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${port} CPUs=${cpus} RealMemory=${memoryMb} State=UNKNOWN`,
  );
  // NoInAddrAny: the daemons listen on the addresses named here only. config_overrides: declared CPUs and memory win over
  // what the machine has. MinJobAge: an ended job stays in the controller's memory for two minutes.
  return `ClusterName=almagest
SlurmctldHost=${host}(127.0.0.1)
${identityText(socket, key)}
SlurmdUser=root
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort=${files.controllerPort}
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool/%n
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.%n.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.%n.log
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=${existsSync(CGROUPS) ? "task/cgroup" : "task/none"}
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=10
KillWait=5
FirstJobId=${files.firstJob}
MaxArraySize=20001
MaxJobCount=50000
MinJobAge=120
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=1,sched_min_interval=200000,bf_interval=2,default_queue_depth=2000,bf_max_job_test=2000,bf_continue
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
JobRequeue=1
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=${files.accountingPort}
AccountingStoragePass=${socket}
AccountingStoreFlags=job_comment
${files.settings.map((line) => `${line}\n`).join("")}${nodes.join("\n")}
PartitionName=batch Nodes=ALL Default=YES MaxTime=1-00:00:00 DefaultTime=00:30:00 DefMemPerCPU=500 State=UP
`;
}
