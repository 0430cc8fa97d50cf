import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** A Python that can import a module: that of ALMAGEST_PYTHON, else the usual ones. */
function findPython(module: string): string {
  const candidates = [process.env.ALMAGEST_PYTHON, "python3", "/usr/bin/python3"].filter(
    (name) => name !== undefined,
  );
  const found = candidates.find((name) => spawnSync(name, ["-c", `import ${module}`]).status === 0);
  if (found === undefined) {
    throw new Error(`no Python with ${module} here; install it and name that Python in ALMAGEST_PYTHON`);
  }
  return found;
}

/** Runs one of this folder's scripts with a Python that has a module, and reads the JSON it prints. */
export function runPython<T>(module: string, script: string, args: readonly string[]): T {
  const run = spawnSync(findPython(module), [join(import.meta.dirname, script), ...args], {
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  if (run.status !== 0)
    throw new Error(`${script} failed: ${run.stderr.trim().split("\n").pop() ?? run.signal}`);
  return JSON.parse(run.stdout);
}
