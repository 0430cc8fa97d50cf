import { existsSync } from "node:fs";
import { join } from "node:path";
import { AlmagestError } from "@almagest/base";
import { type Butler, createRepository } from "@almagest/butler";
import { loadPipeline, type RunSummary, runPipeline } from "@almagest/pipeline";
import { createSurveyOptions, type SurveyManifest, simulateSurvey } from "@almagest/simulator";
import { startStage } from "../cli/progress.ts";
import { showRun } from "../cli/run-progress.ts";
import type { Terminal } from "../cli/terminal.ts";
import { openRepository } from "../open-repository.ts";
import { RUNTIME_URL } from "../runtime.ts";
import { ingestDefects } from "../survey/ingest-defects.ts";
import { ingestRaws, instrumentCollections } from "../survey/ingest-raws.ts";
import { ingestReference, REFERENCE_RUN } from "../survey/ingest-reference.ts";
import { CALIBRATION_KINDS, makeCalibration, PIPELINES } from "../survey/make-calibrations.ts";
import { registerSkyMap, SKY_MAPS_RUN } from "../survey/register-sky-map.ts";
import { describeFailures } from "../survey/run-failures.ts";
import { type DemoSize, demoSkyMap, demoSurvey } from "./demo-options.ts";

/** RUN that holds the demonstration's science products. */
export const DEMO_RUN = "runs/demo";

/** How to run the demonstration. */
export interface DemoOptions {
  readonly output: string;
  readonly size: DemoSize;
  readonly seed: number;
  readonly workers: number;
}

/** What the demonstration leaves. */
export interface DemoResult {
  readonly repository: string;
  readonly survey: string;
  readonly manifest: SurveyManifest;
  readonly summary: RunSummary;
}

/**
 * The main job on a synthetic survey: simulate, ingest, make calibrations, calibrate, coadd, catalogue. Each step keeps what
 * an interrupted call has finished. Throws `ALMAGEST.RUN_FAILED` when quanta fail.
 */
export async function runDemo(terminal: Terminal, options: DemoOptions): Promise<DemoResult> {
  const survey = join(options.output, "survey");
  const repository = join(options.output, "repo");
  const manifest = await simulate(terminal, survey, options);
  if (!existsSync(join(repository, "butler.yaml"))) await createRepository(repository);
  await using butler = await openRepository(repository, { writeable: true });
  const instrument = await ingest(terminal, butler, survey, manifest);
  for (const kind of CALIBRATION_KINDS) {
    const run = showRun(terminal, `make ${kind}`);
    await makeCalibration(butler, instrument, kind, { workers: options.workers, onProgress: run.onProgress });
    run.end();
  }
  const run = showRun(terminal, "calibrate, coadd, measure");
  const { raws, calibrations } = instrumentCollections(instrument);
  await butler.registerRun(DEMO_RUN);
  const summary = await runPipeline({
    butler,
    pipeline: await loadPipeline(join(PIPELINES, "science.yaml")),
    runtimeModule: RUNTIME_URL,
    where: `instrument = '${instrument}' AND exposure.observation_type = 'science' AND skymap = 'demo'`,
    inputs: [raws, calibrations, REFERENCE_RUN, SKY_MAPS_RUN],
    outputRun: DEMO_RUN,
    workers: options.workers,
    onProgress: run.onProgress,
  });
  run.end();
  if (summary.status !== "succeeded") {
    throw new AlmagestError("ALMAGEST.RUN_FAILED", describeFailures(summary), {
      fields: { notes: summary.notes },
    });
  }
  return { repository, survey, manifest, summary };
}

async function simulate(terminal: Terminal, survey: string, options: DemoOptions): Promise<SurveyManifest> {
  const stage = startStage(terminal, "simulate the survey");
  const manifest = await simulateSurvey(survey, demoSurvey(options.size, options.seed), {
    workers: options.workers,
    onProgress: (done, total) => stage.update(done, total),
  });
  stage.end(`${manifest.raws.length} raw frames`);
  return manifest;
}

async function ingest(
  terminal: Terminal,
  butler: Butler,
  survey: string,
  manifest: SurveyManifest,
): Promise<string> {
  const stage = startStage(terminal, "ingest");
  const paths = manifest.raws.map((path) => join(survey, path));
  const { instrument, refs } = await ingestRaws(butler, paths, "link", (done, total) =>
    stage.update(done, total),
  );
  await ingestReference(
    butler,
    manifest.refcat.map(({ htm7, path }) => ({ htm7, path: join(survey, path) })),
    "link",
  );
  const defects = manifest.defects.map(({ detector, path }) => ({ detector, path: join(survey, path) }));
  await ingestDefects(butler, instrument.name, defects, "link");
  const { raDeg, decDeg, camera, ditherArcsec } = createSurveyOptions(manifest.options);
  const widthArcsec = camera.columns * camera.width * camera.pixelScaleArcsec;
  const heightArcsec = camera.rows * camera.height * camera.pixelScaleArcsec;
  // Half a side that holds the field turned and dithered.
  const radiusDeg = (0.58 * Math.max(widthArcsec, heightArcsec) + ditherArcsec) / 3600;
  await registerSkyMap(butler, demoSkyMap(raDeg, decDeg, radiusDeg, camera.pixelScaleArcsec));
  stage.end(`${paths.length} raws (${refs.length} new), ${manifest.refcat.length} reference shards`);
  return instrument.name;
}
