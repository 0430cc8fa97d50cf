import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRepository } from "@almagest/butler";
import { simulateSurvey } from "@almagest/simulator";
import { openRepository } from "../../packages/almagest/src/open-repository.ts";
import { ingestDefects } from "../../packages/almagest/src/survey/ingest-defects.ts";
import { ingestRaws, instrumentCollections } from "../../packages/almagest/src/survey/ingest-raws.ts";
import { ingestReference, REFERENCE_RUN } from "../../packages/almagest/src/survey/ingest-reference.ts";
import {
  CALIBRATION_KINDS,
  makeCalibration,
  PIPELINES,
} from "../../packages/almagest/src/survey/make-calibrations.ts";
import type { Bar } from "../../scripts/bar.ts";

interface JobFigures {
  readonly status: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly memoryMb: number;
}

/** What the process's first detector took, and what its second did. */
interface Figures {
  readonly cold: JobFigures;
  readonly warm: JobFigures;
}

/** Simulates one 4k × 4k detector with its calibration frames and processes its science frame in a process on one core, twice. */
async function runTwice(): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-bench-"));
  try {
    const survey = join(folder, "survey");
    const manifest = await simulateSurvey(
      survey,
      {
        camera: { columns: 1, rows: 1, width: 4096, height: 4096 },
        bands: ["r"],
        visitsPerBand: 1,
        biases: 2,
        darks: 2,
        flats: 2,
      },
      { workers: 2 },
    );
    const repository = join(folder, "repo");
    await createRepository(repository);
    const butler = await openRepository(repository, { writeable: true });
    const raws = manifest.raws.map((path) => join(survey, path));
    const { instrument } = await ingestRaws(butler, raws, "link");
    const inside = <T extends { readonly path: string }>(files: readonly T[]): T[] =>
      files.map((file) => ({ ...file, path: join(survey, file.path) }));
    await ingestReference(butler, inside(manifest.refcat), "link");
    await ingestDefects(butler, instrument.name, inside(manifest.defects), "link");
    for (const kind of CALIBRATION_KINDS)
      await makeCalibration(butler, instrument.name, kind, { workers: 1 });
    await butler.close();
    const collections = instrumentCollections(instrument.name);
    const inputs = [collections.raws, collections.calibrations, REFERENCE_RUN].join(",");
    const job = join(import.meta.dirname, "job", "process-detector.ts");
    const pipeline = join(PIPELINES, "science.yaml");
    const words = [process.execPath, job, repository, pipeline, instrument.name, inputs, "runs/bench"];
    const run = spawnSync("taskset", ["-c", "0", ...words], { encoding: "utf8" });
    if (run.status !== 0) throw new Error(run.stderr || String(run.error));
    return JSON.parse(run.stdout.trim().split("\n").at(-1)!) as Figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

let run: Promise<Figures> | undefined;
const job = (): Promise<Figures> => {
  run ??= runTwice();
  return run;
};

const judgeTime = ({ status, seconds, cpuSeconds }: JobFigures) => ({
  figure: `${seconds.toFixed(1)} s`,
  pass: status === "succeeded" && seconds <= 8,
  note: `${status}; ${cpuSeconds.toFixed(1)} s of processor time, all threads on the one core`,
});

export const bars: Bar[] = [
  {
    name: "one 4k × 4k detector, raw to calibrated image and source table, one core",
    goal: "≤ 8 s",
    measure: async () => judgeTime((await job()).cold),
  },
  {
    name: "the same for the second detector of a running worker",
    goal: "≤ 8 s",
    measure: async () => judgeTime((await job()).warm),
  },
  {
    name: "its memory at most",
    goal: "≤ 2 GB",
    async measure() {
      const { status, memoryMb } = (await job()).warm;
      return {
        figure: `${(memoryMb / 1024).toFixed(2)} GB`,
        pass: status === "succeeded" && memoryMb <= 2000,
      };
    },
  },
];
