import { chmodSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Credential } from "./certificate-authority.ts";

/** What an ARC's configuration depends on. */
export interface ArcFiles {
  readonly folder: string;
  readonly port: number;
  /** Folder of trusted authorities. */
  readonly authorities: string;
  readonly host: Credential;
  /** Subjects of those who may submit. */
  readonly subjects: readonly string[];
  /** User of this machine whom they become; never root, whom ARC refuses. */
  readonly user: string;
  readonly group: string;
  /** SLURM_CONF of the cluster behind it, and its partition. */
  readonly slurmConf: string;
  readonly partition: string;
}

/** ARC looks for Slurm's commands in one folder and passes no environment on: wrappers name the cluster. */
const SLURM_COMMANDS = ["sbatch", "squeue", "scancel", "scontrol", "sinfo", "sacct"];

/** Writes arc.conf, the list of allowed subjects, wrappers of Slurm's commands, and the two services' own configurations. */
export function writeArcFiles(files: ArcFiles): void {
  const { folder } = files;
  for (const name of SLURM_COMMANDS) {
    const path = join(folder, "bin", name);
    writeFileSync(path, `#!/bin/sh\nexport SLURM_CONF=${files.slurmConf}\nexec /usr/bin/${name} "$@"\n`);
    chmodSync(path, 0o755);
  }
  writeFileSync(join(folder, "subjects"), files.subjects.map((subject) => `"${subject}"\n`).join(""));
  writeFileSync(join(folder, "arc.conf"), mainText(files));
  const runtime = join(folder, "run", "arex.cfg");
  const pluginsOf = (names: readonly string[]): string =>
    names.map((name) => `<Plugins><Name>${name}</Name></Plugins>`).join("");
  const wrap = (name: string, plugins: readonly string[], chain: string): string => `<?xml version="1.0"?>
<ArcConfig xmlns="http://www.nordugrid.org/schemas/ArcConfig/2007"
  xmlns:tcp="http://www.nordugrid.org/schemas/ArcMCCTCP/2007" xmlns:arex="http://www.nordugrid.org/schemas/a-rex/Config">
<Server><PidFile>${folder}/run/${name}.pid</PidFile><Logger><File>${folder}/log/${name}.log</File><Level>INFO</Level></Logger></Server>
<ModuleManager><Path>/usr/lib/arc/</Path></ModuleManager>${pluginsOf(plugins)}
<Chain>${chain}</Chain></ArcConfig>
`;
  const common = `<arex:endpoint>https://${hostname()}:${files.port}/arex</arex:endpoint><arex:gmconfig>${runtime}</arex:gmconfig>`;
  // What REST tells of jobs is what the information provider last wrote: every 5 s (units are 0.1 s) instead of 60.
  writeFileSync(
    join(folder, "arex.xml"),
    wrap(
      "arex",
      ["arex"],
      `<Service name="a-rex" id="a-rex">${common}<arex:InfoproviderWakeupPeriod>50</arex:InfoproviderWakeupPeriod></Service>`,
    ),
  );
  const { key, certificate } = files.host;
  const plugins = ["mcctcp", "mcctls", "mcchttp", "mccsoap", "arex", "identitymap", "arcshc", "arcshclegacy"];
  writeFileSync(
    join(folder, "ws.xml"),
    wrap(
      "ws",
      plugins,
      `<Component name="tcp.service" id="tcp"><next id="tls"/>
<tcp:Listen><tcp:Interface>127.0.0.1</tcp:Interface><tcp:Port>${files.port}</tcp:Port><tcp:Version>4</tcp:Version></tcp:Listen></Component>
<Component name="tls.service" id="tls"><next id="http"/><KeyPath>${key}</KeyPath><CertificatePath>${certificate}</CertificatePath>
<CACertificatesDir PolicyGlobus="true">${files.authorities}</CACertificatesDir><VOMSProcessing>standard</VOMSProcessing>
<ClientAuthn>false</ClientAuthn></Component>
<Component name="http.service" id="http"><next id="soap">POST</next><next id="plexer"/>
<SecHandler name="arclegacy.handler" event="incoming"><ConfigFile>${runtime}</ConfigFile></SecHandler></Component>
<Component name="soap.service" id="soap"><next id="plexer"/><ContinueNonSOAP>true</ContinueNonSOAP></Component>
<Plexer name="plexer.service" id="plexer"><next id="a-rex">^/arex</next></Plexer>
<Service name="a-rex" id="a-rex"><SecHandler name="arclegacy.map" event="incoming"><ConfigBlock><ConfigFile>${runtime}</ConfigFile>
<BlockName>mapping</BlockName></ConfigBlock></SecHandler>${common}<arex:gmrun>none</arex:gmrun></Service>`,
    ),
  );
}

function mainText(files: ArcFiles): string {
  const { folder, host } = files;
  // scratchdir stays unset: with bash 5.2 ARC's job wrapper fails to move files from there.
  return `[common]
hostname = ${hostname()}
x509_host_key = ${host.key}
x509_host_cert = ${host.certificate}
x509_cert_dir = ${files.authorities}
[authgroup:testers]
file = ${folder}/subjects
[mapping]
map_to_user = testers ${files.user}:${files.group}
[lrms]
lrms = slurm ${files.partition}
slurm_bin_path = ${folder}/bin
slurm_use_sacct = no
slurm_wakeupperiod = 2
defaultmemory = 1000
[arex]
loglevel = 3
logfile = ${folder}/log/arex.log
joblog = ${folder}/log/jobs.log
pidfile = ${folder}/run/arex.pid
controldir = ${folder}/control
sessiondir = ${folder}/session
wakeupperiod = 3
maxjobs = 20000 5000 20000 50000 5000
maxrerun = 5
shared_filesystem = yes
[arex/data-staging]
logfile = ${folder}/log/staging.log
statefile = ${folder}/run/dtr.state
[arex/ws]
wsurl = https://${hostname()}:${files.port}/arex
logfile = ${folder}/log/ws.log
pidfile = ${folder}/run/ws.pid
[arex/ws/jobs]
allowaccess = testers
[infosys]
logfile = ${folder}/log/infosys.log
[infosys/glue2]
admindomain_name = ALMAGEST-TEST
[infosys/cluster]
alias = Almagest test site
nodecpu = Virtual node @ 2000 MHz
homogeneity = True
architecture = adotf
nodeaccess = inbound
nodeaccess = outbound
[queue:${files.partition}]
comment = Slurm partition ${files.partition}
`;
}
