import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findPythonButler } from "../../interop/butler/python-butler.ts";
import type { Bar } from "../../scripts/bar.ts";
import { newRepository } from "./bench-repository.ts";

const ROUNDS = 3;
const FACTOR = 5;
const ALMAGEST = join(import.meta.dirname, "..", "..", "packages", "almagest", "bin", "almagest.js");

/** What one start of a program took: by the clock and of the processor, its children's included. */
interface Start {
  readonly wallSec: number;
  readonly cpuSec: number;
}

function run(command: string, args: readonly string[]): Start {
  const done = spawnSync("bash", ["-c", 'time -p "$0" "$@"', command, ...args], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${command}: ${done.stderr}`);
  if (!done.stdout.includes("some/run")) throw new Error(`${command} listed no run: ${done.stdout}`);
  const read = (name: string): number => Number(new RegExp(`^${name} ([0-9.]+)`, "m").exec(done.stderr)![1]);
  return { wallSec: read("real"), cpuSec: read("user") + read("sys") };
}

async function compareStarts(): Promise<{ figure: string; pass: boolean; note: string }> {
  const python = findPythonButler();
  if (python === undefined) throw new Error("no Python with lsst-daf-butler (set ALMAGEST_PYTHON)");
  const root = await newRepository(1, 1, ["some/run"]);
  try {
    const theirs: Start[] = [];
    const ours: Start[] = [];
    const start = {
      theirs: () => run(join(dirname(python), "butler"), ["query-collections", root]),
      ours: () => run(process.execPath, [ALMAGEST, "butler", "query-collections", root]),
    };
    // The first start of either compiles what later ones find compiled.
    start.theirs();
    start.ours();
    for (let round = 0; round < ROUNDS; round++) {
      theirs.push(start.theirs());
      ours.push(start.ours());
    }
    const best = (starts: readonly Start[], of: keyof Start): number => Math.min(...starts.map((s) => s[of]));
    const ratio = best(theirs, "wallSec") / best(ours, "wallSec");
    const [ourCpu, theirCpu] = [best(ours, "cpuSec"), best(theirs, "cpuSec")];
    return {
      figure: `${ratio.toFixed(1)}×`,
      pass: ratio >= FACTOR,
      note:
        `best of ${ROUNDS} by turns: ours ${best(ours, "wallSec").toFixed(2)} s, theirs ${best(theirs, "wallSec").toFixed(2)} s; ` +
        `of the processor ${ourCpu.toFixed(2)} and ${theirCpu.toFixed(2)} s (${(theirCpu / ourCpu).toFixed(1)}×)`,
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** The shortest command of both, from its start to its end. */
export const bars: Bar[] = [
  {
    name: "start of a command: butler query-collections",
    goal: `≥ ${FACTOR}× the original`,
    measure: compareStarts,
  },
];
