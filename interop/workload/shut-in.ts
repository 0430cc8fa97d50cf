import { spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

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

/**
 * Runs a program of `inside/` with the pilot's source and a folder, and gives the JSON of its last line. The pilot kills
 * processes of its user whose parent is process 1, so it only ever runs in PID, mount and network namespaces of its own
 * and as the user nobody.
 */
export async function runShutIn<T>(program: string, ...more: readonly string[]): Promise<T> {
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
      join(import.meta.dirname, "inside", program),
      source,
      join(folder, "run"),
      ...more,
    ];
    const spaces = ["-p", "-f", "--kill-child", "--mount-proc", "-n", "-m"];
    const output = await run("unshare", [
      ...spaces,
      "sh",
      "-c",
      'ip link set lo up && exec "$@"',
      "sh",
      ...inside,
    ]);
    return JSON.parse(output.trim().split("\n").at(-1)!) as T;
  } finally {
    if (process.env.KEEP_PILOT_FILES === undefined) rmSync(folder, { recursive: true, force: true });
  }
}
