import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import type { Terminal } from "../../packages/almagest/src/cli/terminal.ts";
import { main } from "../../packages/almagest/src/main.ts";
import type { Bar } from "../../scripts/bar.ts";
import { READS, type Step, WRITES } from "./command-steps.ts";
import { type Comparison, verdict } from "./compare-queries.ts";
import { copyTheirs, GOLDEN } from "./golden-copy.ts";
import { findPythonButler, PythonButler } from "./python-butler.ts";

interface Outcome {
  readonly code: number;
  readonly out: string;
  /** What the original raised. */
  readonly error?: string;
}

/** Runs one of our command lines with its output caught. */
async function runOurs(words: readonly string[], input = ""): Promise<Outcome> {
  let out = "";
  const sink = (write: (text: string) => void): NodeJS.WritableStream =>
    ({
      write(text: string) {
        write(text);
        return true;
      },
    }) as unknown as NodeJS.WritableStream;
  const terminal: Terminal = {
    out: sink((text) => {
      out += text;
    }),
    err: sink(() => {}) as Terminal["err"],
    input: Readable.from([input]),
    color: false,
    redraw: false,
  };
  const code = await main(["butler", ...words], terminal);
  return { code, out };
}

const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;

/** The output without what cannot be equal: ids made at random, folders, and what is typed. */
function comparable(
  outcome: Outcome,
  step: Step,
  root: string,
  work: string,
  knownIds: ReadonlySet<string>,
): string {
  if (step.codeOnly) return outcome.code === 0 ? "done" : "refused";
  const text = outcome.out
    .replaceAll(root, "REPO")
    .replaceAll(work, "WORK")
    .replace(UUID, (id) => (knownIds.has(id) ? id : "0".repeat(36)))
    .replace(/(\[y\/N\]: )[yn]?\n*/g, "$1")
    // The original names parents in the order of a set.
    .replace(/ from ("[^\n]*")$/gm, (_, names: string) => ` from ${names.split(", ").sort().join(", ")}`)
    // A path's width decides the rule and where the column's name stands.
    .replace(/-{20,}/g, "---")
    .replace(/ {3,}URI *$/gm, " URI")
    .replace(/ +$/gm, "");
  const lines = text.split("\n");
  return `${outcome.code === 0}\n${(step.unordered ? lines.sort() : lines).join("\n")}`;
}

async function writeTables(work: string): Promise<void> {
  for (const name of ["out", "flat"]) await mkdir(join(work, name));
  for (const name of ["a", "b"])
    await writeFile(join(work, `${name}.yaml`), `gain: 1.${name.charCodeAt(0)}\n`);
  await writeFile(join(work, "table.csv"), "file,detector\na.yaml,0\nb.yaml,1\n");
  await writeFile(
    join(work, "table.ecsv"),
    "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: file, datatype: string}\n# - {name: instrument, datatype: string}\n# - {name: detector, datatype: int64}\n# schema: astropy-2.0\nfile instrument detector\na.yaml CamX 0\nb.yaml CamX 1\n",
  );
}

/** Runs the same commands by both programs, each on its own copy of the golden repository. */
async function compareCommands(steps: readonly Step[], python: PythonButler): Promise<Comparison> {
  const roots = [await copyTheirs(), await copyTheirs()] as const;
  const works = roots.map((root) => mkdtempSync(join(dirname(root), "almagest-work-")));
  const comparison: Comparison = { same: 0, refused: 0, differences: [] };
  try {
    for (const work of works) await writeTables(work);
    const everything = await python.call<Outcome>("command", {
      words: ["query-datasets", roots[0], "*", "--collections", "*"],
    });
    const knownIds = new Set(everything.out.match(UUID));
    for (const step of steps) {
      const [ours, theirs] = [0, 1].map((side) =>
        step.words.split(" ").map((word) =>
          word
            .replaceAll("REPO", roots[side]!)
            .replaceAll("WORK", works[side]!)
            .replaceAll("GOLDEN", GOLDEN)
            .replace(/(?<=')_AND_/g, " AND "),
        ),
      );
      const a = comparable(await runOurs(ours!, step.input), step, roots[0], works[0]!, knownIds);
      const answer = await python.call<Outcome>("command", { words: theirs!, input: step.input ?? "" });
      const b = comparable(answer, step, roots[1], works[1]!, knownIds);
      if (a === b) comparison.same++;
      else comparison.differences.push(`${step.words}\n--- ours\n${a}\n--- theirs\n${b} ${answer.error}`);
    }
  } finally {
    for (const folder of [...roots, ...works]) await rm(folder, { recursive: true, force: true });
  }
  return comparison;
}

async function withPython<T>(use: (python: PythonButler) => Promise<T>): Promise<T> {
  const executable = findPythonButler();
  if (executable === undefined) throw new Error("no Python with lsst-daf-butler (set ALMAGEST_PYTHON)");
  await using python = new PythonButler(executable);
  return await use(python);
}

function shortest(command: string, words: readonly string[]): number {
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    const started = performance.now();
    const { status } = spawnSync(command, words, { stdio: "ignore" });
    if (status !== 0) throw new Error(`${command} ${words.join(" ")} failed`);
    best = Math.min(best, performance.now() - started);
  }
  return best;
}

export const bars: readonly Bar[] = [
  {
    name: "commands that ask",
    goal: "text and exit code as the original's",
    measure: () => withPython(async (python) => verdict(await compareCommands(READS, python))),
  },
  {
    name: "commands that change",
    goal: "text, exit code and what is then found as the original's",
    measure: () => withPython(async (python) => verdict(await compareCommands(WRITES, python))),
  },
  {
    name: "start of a command",
    goal: "≥ 5 × faster than the original's",
    measure: async () => {
      const executable = findPythonButler();
      if (executable === undefined) throw new Error("no Python with lsst-daf-butler (set ALMAGEST_PYTHON)");
      const root = await copyTheirs();
      try {
        const words = ["query-collections", root];
        const theirs = shortest(join(dirname(executable), "butler"), words);
        const bin = join(import.meta.dirname, "../../packages/almagest/bin/almagest.js");
        const ours = shortest(process.execPath, [bin, "butler", ...words]);
        const figure = `${(theirs / ours).toFixed(1)} × (${ours.toFixed(0)} ms, original ${theirs.toFixed(0)} ms)`;
        return { figure, pass: theirs >= 5 * ours, note: "butler query-collections, shortest of five" };
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    },
  },
];
