/** PanDA's own pilot as a child, inside namespaces that its caller has made. */
import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, cpSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// The pilot kills what it takes for orphans: never start it where other programs are.
if (process.pid !== 1) throw new Error("this program only runs as process 1 of a PID namespace of its own");

/** The user it runs as. */
export const NOBODY = 65_534;

/** What a run of the pilot needs. */
export interface PilotSite {
  /** Its source tree; copied for each run. */
  readonly source: string;
  readonly folder: string;
  /** Where it stages outputs to. */
  readonly store: string;
  readonly port: number;
  readonly trfUrl: string;
  readonly token: string;
  /** `Q` unless told. */
  readonly queue?: string;
}

/** A pilot that runs. */
export interface RealPilot {
  readonly child: ChildProcess;
  /** Its exit code; null when it was killed. */
  readonly exit: Promise<number | null>;
  /** Error codes of the pilot in what it printed so far. */
  codes(): readonly string[];
}

/** The pilot's settings with every host on loopback and a short heartbeat. */
function loopbackConfig({ source, port }: PilotSite): string {
  return readFileSync(join(source, "pilot/util/default.cfg"), "utf8")
    .replaceAll(/https?:\/\/[^\s/]+/g, `http://127.0.0.1:${port}`)
    .replaceAll(/^(\s*heartbeat|\s*update_sleep):.*/gm, "$1: 3")
    .replaceAll(/^(\s*host|\s*url):\s*[a-z].*/gm, `$1: http://127.0.0.1:${port}`);
}

/** Starts the pilot, which takes one job. Its output is in `pilot.out` of the run's folder. */
export function startRealPilot(site: PilotSite, name: string): RealPilot {
  const { source, folder, store, port, trfUrl, queue = "Q" } = site;
  const home = join(folder, name);
  // A copy: one way it ends removes the folder it was started in.
  cpSync(source, join(home, "pilot3"), { recursive: true });
  const config = join(home, "pilot.cfg");
  writeFileSync(config, loopbackConfig(site));
  const token = join(home, "token");
  writeFileSync(token, site.token);
  for (const path of [folder, home, store, join(home, "pilot3"), token, config])
    chownSync(path, NOBODY, NOBODY);
  const url = `http://127.0.0.1:${port}`;
  const words = ["--pilot-user", "generic", "-q", queue, "-w", "generic", "-a", home, "-b", "-j", "managed"];
  words.push("--url", "http://127.0.0.1", "-p", String(port));
  words.push("--queuedata-url", `${url}/cache/schedconfig/{pandaqueue}.all.json`);
  words.push("--storagedata-url", `${url}/cache/ddmendpoints.json`, "--baseurls", trfUrl);
  words.push("-t", "-y", "--use-rucio-traces", "False", "-v", "1", "-x", "1");
  const output = openSync(join(home, "pilot.out"), "w");
  const drop = [
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    "--clear-groups",
    "/usr/bin/env",
    "python3",
    "pilot.py",
  ];
  const child = spawn("setpriv", [...drop, ...words], {
    cwd: join(home, "pilot3"),
    stdio: ["ignore", output, output],
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: home,
      PANDA_AUTH_TOKEN: token,
      PANDA_AUTH_ORIGIN: "panda_dev.pilot",
      PANDA_AUTH_DIR: `${home}/`,
      PILOT_NOKILL: "1",
      NO_CVMFS_OK: "1",
      PILOT_IP_VERSION: "IPv4",
      HARVESTER_PILOT_CONFIG: config,
    },
  });
  return {
    child,
    exit: new Promise((resolve) => child.once("exit", (code) => resolve(code))),
    codes: () => [
      ...new Set(readFileSync(join(home, "pilot.out"), "utf8").match(/\b1[1-3]\d\d\b(?=[,:\])])/g) ?? []),
    ],
  };
}
