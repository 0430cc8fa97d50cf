import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  findSystem,
  initialiseRun,
  openSubmitFile,
  prepareSubmission,
  type Submission,
} from "@almagest/batch";
import { createNumbers, NUMBERS_URL, openNumbers } from "../../packages/batch/src/fixtures/numbers.ts";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";

/** A Python with the workload systems' own libraries. */
const python = (): string => findPython(["htcondor2", "parsl"], true);
const COMMAND = [process.execPath, join(import.meta.dirname, "../../packages/batch/src/fixtures/run-one.ts")];

/** Prepares a small survey of numbers for a workload system, and gives its submit folder to `use`. */
async function withSubmission<T>(
  system: string,
  use: (submission: Submission, folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-generated-"));
  try {
    await createNumbers(folder, { exposures: 2, detectors: 2 });
    const file = join(folder, "submit.yaml");
    writeFileSync(
      file,
      `pipelineYaml: ${folder}/pipeline.yaml
wmsServiceClass: ${system}
computeSite: here
site: {here: {nodes: 2, python: "${python()}"}}
submitPath: ${folder}/submit
requestMemory: 100
memoryMultiplier: 3
payload: {payloadName: numbers, butlerConfig: ${folder}/repo, inCollection: raw, output: u/me, outputRun: u/me/run}
`,
    );
    await using butler = await openNumbers(join(folder, "repo"));
    const options = { config: openSubmitFile(file), butler, runtimeModule: NUMBERS_URL };
    const submission = await prepareSubmission(options);
    await initialiseRun(submission, options);
    return await use(submission, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Understood {
  readonly jobs: readonly {
    readonly executable: string;
    readonly first: number;
    readonly afterHolds: number;
  }[];
  readonly parents: readonly unknown[];
}

/** Files for other workload systems, read and run by these. */
export const bars: Bar[] = [
  {
    name: "HTCondor files",
    goal: "DAG and submit files are read by HTCondor's own parser; memory grows 100, then 900 MB after two holds",
    async measure() {
      return withSubmission("lsst.ctrl.bps.htcondor.HTCondorService", async (submission) => {
        const [dag = ""] = await findSystem("htcondor").prepare(submission, {
          command: COMMAND,
          worker: COMMAND,
        });
        const script = join(import.meta.dirname, "generated-files.py");
        const { jobs, parents } = JSON.parse(
          execFileSync(python(), [script, dag], { encoding: "utf8" }),
        ) as Understood;
        const grown = jobs.every(({ first, afterHolds }) => first === 100 && afterHolds === 900);
        const figure = `${jobs.length} jobs, ${parents.length} links, memory ${jobs[0]?.first} then ${jobs[0]?.afterHolds}`;
        return { figure, pass: jobs.length === 7 && parents.length === 3 && grown };
      });
    },
  },
  {
    name: "Parsl driver",
    goal: "the generated driver runs all jobs under Parsl",
    async measure() {
      return withSubmission("lsst.ctrl.bps.parsl.ParslService", async (submission) => {
        const system = findSystem(submission.facts.system);
        await system.submit(submission, { command: COMMAND, worker: COMMAND });
        const states = (await system.status(submission)).map(({ state }) => state);
        const done = states.filter((state) => state === "SUCCEEDED").length;
        return { figure: `${done} of ${states.length} jobs succeeded`, pass: done === states.length };
      });
    },
  },
];
