import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Python module → what `pip` calls it. */
const PACKAGES: ReadonlyMap<string, string> = new Map([
  ["astropy", "astropy"],
  ["google.cloud.storage", "google-cloud-storage"],
  ["gcp_storage_emulator", "gcp-storage-emulator"],
  ["sep", "sep"],
  ["boto3", "boto3"],
  ["pyarrow", "pyarrow"],
  ["pandas", "pandas"],
  ["lsst.sphgeom", "lsst-sphgeom"],
  ["lsst.daf.butler", "lsst-daf-butler"],
  ["psycopg", "psycopg[binary]"],
  ["lsst.daf.butler.remote_butler", "lsst-daf-butler[remote]"],
  ["lsst.pipe.base", "lsst-pipe-base"],
  ["lsst.ctrl.bps", "lsst-ctrl-bps"],
  ["idds.doma", "lsst-ctrl-bps-panda"],
  ["pandaclient", "panda-client"],
  ["google.cloud.logging_v2", "google-cloud-logging"],
  ["htcondor2", "htcondor"],
]);

const VENV = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "almagest", "python");

function imports(python: string, modules: readonly string[]): boolean {
  return spawnSync(python, ["-c", `import ${modules.join(", ")}`]).status === 0;
}

/**
 * A Python that can import some modules: that of ALMAGEST_PYTHON, the system's, or a virtual environment in the user's cache
 * folder, made and filled on first use. With `newest` the system's, which a distribution may keep years behind, is passed
 * over. Throws, saying what is missing, where none can be had.
 */
export function findPython(modules: readonly string[], newest = false): string {
  const system = newest ? [] : ["/usr/bin/python3", "python3"];
  const candidates = [process.env.ALMAGEST_PYTHON, ...system, join(VENV, "bin/python")];
  const found = candidates.find((candidate) => candidate !== undefined && imports(candidate, modules));
  if (found !== undefined) return found;
  const python = join(VENV, "bin/python");
  if (!existsSync(python)) spawnSync("python3", ["-m", "venv", VENV]);
  const packages = modules.map((module) => PACKAGES.get(module) ?? module);
  spawnSync(python, ["-m", "pip", "install", "-q", ...packages], { stdio: "ignore" });
  if (imports(python, modules)) return python;
  throw new Error(
    `no Python with ${modules.join(", ")}: install ${packages.join(", ")} and name that Python in ALMAGEST_PYTHON`,
  );
}

/** Runs a script with a Python that has some modules, and reads the JSON it prints. */
export function runPython<T>(
  modules: readonly string[],
  script: string,
  args: readonly string[],
  newest = false,
): T {
  const run = spawnSync(findPython(modules, newest), [script, ...args], {
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  if (run.status !== 0)
    throw new Error(`${script} failed: ${run.stderr.trim().split("\n").pop() ?? run.signal}`);
  return JSON.parse(run.stdout);
}
