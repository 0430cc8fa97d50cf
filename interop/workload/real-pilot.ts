import { spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bar } from "../../scripts/bar.ts";

interface Ending {
  readonly exit: number | null;
  readonly status: string;
  /** Error codes in the pilot's own log. */
  readonly reports: readonly string[];
  /** From the cancel to the pilot's end. */
  readonly stopSec: number;
  readonly failure?: string;
  readonly outputs: readonly string[];
}

async function run(command: string, words: readonly string[]): Promise<string> {
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (errors += chunk));
  const code = await new Promise((resolve) => child.once("exit", resolve));
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${errors.slice(-2000)}`);
  return output;
}

/** A copy of the pilot's source tree that PANDA_PILOT names (3.11; the release on PyPI is older and lacks `--baseurls`). */
function copyPilot(folder: string): string {
  const given = process.env.PANDA_PILOT;
  if (given === undefined)
    throw new Error("needs PANDA_PILOT: the folder of PanDA's pilot (github.com/PanDAWMS/pilot3)");
  const source = join(folder, "source");
  cpSync(given, source, { recursive: true });
  return source;
}

let endings: Promise<Record<string, Ending>> | undefined;

/**
 * Runs the pilot against our server. It kills processes of its user whose parent is process 1, so it only ever runs in PID,
 * mount and network namespaces of its own and as the user nobody.
 */
async function runJobs(): Promise<Record<string, Ending>> {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/unshare")) {
    throw new Error("needs root and unshare, to shut the real pilot in");
  }
  const folder = mkdtempSync(join(tmpdir(), "real-pilot-"));
  // The pilot's user must get through it.
  chmodSync(folder, 0o755);
  try {
    const source = copyPilot(folder);
    const inside = [
      process.execPath,
      join(import.meta.dirname, "inside/shut-in-pilot.ts"),
      source,
      join(folder, "run"),
    ];
    const script = 'ip link set lo up && exec "$@"';
    const words = [
      "-p",
      "-f",
      "--kill-child",
      "--mount-proc",
      "-n",
      "-m",
      "sh",
      "-c",
      script,
      "sh",
      ...inside,
    ];
    return JSON.parse((await run("unshare", words)).trim().split("\n").at(-1)!) as Record<string, Ending>;
  } finally {
    if (process.env.KEEP_PILOT_FILES === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function check(name: string, goal: string, isGood: (end: Ending) => boolean): Bar {
  return {
    name: `PanDA's own pilot, ${name}`,
    goal,
    async measure() {
      endings ??= runJobs();
      const end = (await endings)[name]!;
      const files = end.outputs.length === 0 ? "" : `, files ${end.outputs.join(" ")}`;
      return {
        figure: `${end.status}, pilot's exit ${end.exit}${files} ${end.failure ?? ""}${end.stopSec > 0 ? `, ended ${end.stopSec.toFixed(0)} s after the cancel` : ""}`,
        pass: isGood(end),
      };
    },
  };
}

/** The unmodified pilot, spoken to by our server. */
export const bars: Bar[] = [
  check("good", "the job finishes and its output and log are reported", (end) => {
    return end.status === "finished" && end.exit === 0 && end.outputs.includes("out.txt");
  }),
  check("bad", "exit code 7 of the payload is reported as a failure", (end) => {
    return end.status === "failed" && /130[0-9]|:7/.test(end.failure ?? "");
  }),
  // The payload sleeps for 300 s; the pilot ends long before only when it was told to.
  check("long", "a cancelled job is stopped by the answer to a heartbeat, within 2 minutes", (end) => {
    return end.status === "cancelled" && end.stopSec < 120 && end.reports.includes("1144");
  }),
];
