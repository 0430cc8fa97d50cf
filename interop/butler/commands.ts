import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import type { Terminal } from "../../packages/almagest/src/cli/terminal.ts";
import { main } from "../../packages/almagest/src/main.ts";
import type { Bar } from "../../scripts/bar.ts";
import { type Comparison, verdict } from "./compare-queries.ts";
import { copyTheirs, GOLDEN } from "./golden-copy.ts";
import { findPythonButler, PythonButler } from "./python-butler.ts";

interface Outcome {
  readonly code: number;
  readonly out: string;
  /** What the original raised. */
  readonly error?: string;
}

/** Commands in the order they are run, `REPO` being the repository and `WORK` a folder beside it. */
interface Step {
  readonly words: string;
  /** What is typed when asked. */
  readonly input?: string;
  /** The order of lines is not defined. */
  readonly unordered?: boolean;
  /** Only whether it fails is compared: the words are ours. */
  readonly codeOnly?: boolean;
}

const READS: readonly Step[] = [
  ...["TREE", "TABLE", "INVERSE-TREE", "INVERSE-TABLE", "FLATTEN", "NO-CHILDREN"].flatMap((mode) => [
    {
      words: `query-collections REPO --chains ${mode}`,
      unordered: mode === "NO-CHILDREN" || mode === "FLATTEN",
    },
    {
      words: `query-collections REPO CamX/r* outer --chains ${mode}`,
      unordered: mode === "NO-CHILDREN" || mode === "FLATTEN",
    },
    {
      words: `query-collections REPO CamX/* -t --chains ${mode}`,
      unordered: mode === "NO-CHILDREN" || mode === "FLATTEN",
    },
  ]),
  { words: "query-collections REPO --collection-type RUN" },
  { words: "query-collections REPO --collection-type TAGGED --collection-type CALIBRATION --chains TABLE" },
  { words: "query-collections REPO nope*" },
  { words: "query-collections REPO nope", codeOnly: true },
  { words: "query-dataset-types REPO" },
  { words: "query-dataset-types REPO -v" },
  { words: "query-dataset-types REPO *a* --verbose" },
  { words: "query-dataset-types REPO --collections CamX/runB" },
  { words: "query-dataset-types REPO nope*" },
  { words: "query-datasets REPO vd --collections CamX/runA" },
  { words: "query-datasets REPO vd --collections CamX/runA --show-uri" },
  { words: "query-datasets REPO vd --collections CamX/runA,CamX/runB --find-first" },
  { words: "query-datasets REPO vd --collections CamX/runA --collections CamX/runB" },
  { words: "query-datasets REPO * --collections *" },
  { words: "query-datasets REPO * --collections CamX/runA --show-uri" },
  { words: "query-datasets REPO coadd ref_cat glob_table --collections CamX/runA" },
  { words: "query-datasets REPO flat --collections outer" },
  { words: "query-datasets REPO vd --collections CamX/runA --order-by -visit,detector" },
  { words: "query-datasets REPO vd --collections CamX/defaults --where band='r'" },
  { words: "query-datasets REPO vd --collections CamX/runA --where instrument='CamX'_AND_visit>10" },
  {
    words: "query-datasets REPO vd --collections CamX/runA --where instrument='CamX'_AND_visit>",
    codeOnly: true,
  },
  { words: "query-datasets REPO nope --collections *" },
  { words: "query-datasets REPO vd --collections nope", codeOnly: true },
  { words: "query-data-ids REPO visit detector" },
  { words: "query-data-ids REPO visit,detector --where instrument='CamX'_AND_detector<2" },
  { words: "query-data-ids REPO band" },
  { words: "query-data-ids REPO tract patch" },
  { words: "query-data-ids REPO exposure --order-by -exposure" },
  { words: "query-data-ids REPO visit --datasets vd --collections CamX/runA" },
  { words: "query-data-ids REPO --datasets vd --collections CamX/runA" },
  { words: "query-data-ids REPO --datasets vd --datasets bias --collections *" },
  { words: "query-data-ids REPO visit tract" },
  { words: "query-data-ids REPO" },
  ...[
    "instrument",
    "detector",
    "physical_filter",
    "visit",
    "exposure",
    "day_obs",
    "group",
    "patch",
    "tract",
    "skymap",
  ].map((element) => ({ words: `query-dimension-records REPO ${element}` })),
  { words: "query-dimension-records REPO visit_definition" },
  { words: "query-dimension-records REPO visit_detector_region" },
  { words: "query-dimension-records REPO visit --where instrument='CamX'_AND_visit>30 --order-by -visit" },
  { words: "query-dimension-records REPO visit --datasets vd --collections CamX/runB" },
  { words: "query-dimension-records REPO detector --where instrument='nope'" },
  { words: "query-dimension-records REPO nope", codeOnly: true },
  { words: "config-dump REPO --subset .registry.db" },
  { words: "config-validate REPO" },
];

const WRITES: readonly Step[] = [
  { words: "register-dataset-type REPO made StructuredDataDict visit detector" },
  { words: "register-dataset-type REPO made StructuredDataDict visit detector" },
  { words: "register-dataset-type REPO made StructuredDataDict visit", codeOnly: true },
  { words: "register-dataset-type REPO gain StructuredDataDict detector --is-calibration" },
  { words: "register-dataset-type REPO brief StructuredDataDict" },
  { words: "remove-dataset-type REPO brief nothing*" },
  { words: "remove-dataset-type REPO vd", codeOnly: true },
  { words: "query-dataset-types REPO -v" },
  { words: "associate REPO picked --collections CamX/runA -d vd --where instrument='CamX'_AND_visit=10" },
  { words: "query-datasets REPO vd --collections picked" },
  { words: "collection-chain REPO chain CamX/runA,picked --doc words" },
  { words: "collection-chain REPO chain CamX/calib --mode prepend" },
  { words: "collection-chain REPO chain CamX/runB --mode extend" },
  { words: "collection-chain REPO chain --mode pop" },
  { words: "collection-chain REPO chain 7 --mode pop", codeOnly: true },
  { words: "collection-chain REPO chain picked --mode remove" },
  { words: "collection-chain REPO flat outer --flatten" },
  { words: "collection-chain REPO chain chain", codeOnly: true },
  { words: "collection-chain REPO chain", codeOnly: true },
  { words: "collection-chain REPO absent picked --mode remove", codeOnly: true },
  { words: "query-collections REPO" },
  {
    words: "ingest-files REPO gain CamX/gains WORK/table.csv --data-id instrument=CamX --prefix WORK -t copy",
  },
  {
    words:
      "ingest-files REPO gain CamX/again WORK/table.ecsv --prefix WORK --id-generation-mode DATAID_TYPE_RUN --transfer direct",
  },
  { words: "query-datasets REPO gain --collections CamX/again --show-uri" },
  { words: "ingest-files REPO gain CamX/gains WORK/table.csv --data-id nope=1", codeOnly: true },
  {
    words:
      "certify-calibrations REPO CamX/gains CamX/calib gain --begin-date 2026-01-01 --end-date 2026-02-01",
  },
  { words: "certify-calibrations REPO CamX/gains CamX/calib gain --begin-date 2026-01-20", codeOnly: true },
  { words: "certify-calibrations REPO CamX/runB CamX/calib gain", codeOnly: true },
  { words: "export-calibs REPO WORK/calibs CamX/calib -t copy", unordered: true },
  { words: "export-calibs REPO WORK/calibs CamX/calib", codeOnly: true },
  { words: "create WORK/other" },
  { words: "create WORK/other", codeOnly: true },
  { words: "import WORK/other GOLDEN/export -t copy -s skymap,tract,patch", codeOnly: true },
  { words: "import WORK/other GOLDEN/export -t copy" },
  { words: "query-datasets WORK/other * --collections *" },
  { words: "query-dimension-records WORK/other visit" },
  { words: "create WORK/third" },
  {
    words:
      "transfer-datasets REPO WORK/third --collections CamX/runA -d vd,coadd --dry-run --register-dataset-types",
  },
  {
    words:
      "transfer-datasets REPO WORK/third --collections CamX/runA -d vd,coadd --register-dataset-types --transfer copy",
  },
  { words: "query-datasets WORK/third * --collections *" },
  { words: "query-dimension-records WORK/third visit_definition" },
  { words: "retrieve-artifacts REPO WORK/out --collections CamX/runA -d vd" },
  { words: "retrieve-artifacts REPO WORK/out --collections CamX/runA -d vd", codeOnly: true },
  { words: "retrieve-artifacts REPO WORK/out --collections CamX/runA -d vd --clobber -v", unordered: true },
  { words: "retrieve-artifacts REPO WORK/flat --collections CamX/runB --no-preserve-path" },
  { words: "prune-datasets REPO --unstore", codeOnly: true },
  { words: "prune-datasets REPO CamX/runA", codeOnly: true },
  {
    words:
      "prune-datasets REPO --disassociate picked --datasets vd --where instrument='CamX'_AND_detector=0 --dry-run",
  },
  {
    words:
      "prune-datasets REPO --disassociate picked --datasets vd --where instrument='CamX'_AND_detector=0 --no-confirm",
  },
  { words: "query-datasets REPO vd --collections picked" },
  { words: "prune-datasets REPO CamX/runB --datasets vd --unstore", input: "n\n" },
  { words: "prune-datasets REPO CamX/runB --datasets vd --unstore", input: "y\n" },
  { words: "prune-datasets REPO --purge CamX/runB --datasets vd --quiet" },
  { words: "prune-datasets REPO --purge CamX/runB --datasets nope*" },
  { words: "prune-datasets REPO --purge picked --datasets vd", codeOnly: true },
  { words: "query-datasets REPO v* --collections CamX/runB" },
  { words: "remove-collections REPO picked", input: "n\n" },
  { words: "remove-collections REPO CamX/*", input: "n\n" },
  { words: "remove-collections REPO CamX/defaults --no-confirm", codeOnly: true },
  { words: "remove-collections REPO picked --no-confirm" },
  { words: "remove-collections REPO CamX/defaults --remove-from-parents --no-confirm" },
  { words: "remove-collections REPO nope*" },
  { words: "remove-runs REPO CamX/calib/gen2 --no-confirm", codeOnly: true },
  { words: "remove-runs REPO CamX/runB", input: "n\n" },
  { words: "remove-runs REPO CamX/runB --no-confirm --force" },
  { words: "remove-runs REPO nope*" },
  { words: "query-collections REPO -t --chains TABLE" },
  { words: "query-datasets REPO * --collections *" },
];

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
