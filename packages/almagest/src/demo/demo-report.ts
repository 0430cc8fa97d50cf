import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Butler } from "@almagest/butler";
import { SIMCAM_NAME } from "@almagest/instruments";
import { concatTables, type Table } from "@almagest/tables";
import { loadCoaddVariance } from "../judge/coadd-variance.ts";
import { judgeNoise } from "../judge/judge-noise.ts";
import { judgeObjects } from "../judge/judge-objects.ts";
import { readTruth } from "../judge/truth.ts";
import { buildReport } from "../report/build-report.ts";
import type { Judgement } from "../report/truth-panels.ts";
import { CALIBRATION_KINDS, PIPELINES } from "../survey/make-calibrations.ts";
import { DEMO_RUN, type DemoResult } from "./run-demo.ts";

/** Judges the demonstration's objects and coadds against the truth of its survey. */
export async function judgeDemo(
  butler: Butler,
  result: Pick<DemoResult, "survey" | "manifest">,
): Promise<Judgement> {
  const tables: Table[] = [];
  for (const ref of await butler.queryDatasets("object", { collections: DEMO_RUN })) {
    tables.push((await butler.get(ref)) as Table);
  }
  const objects = concatTables(tables);
  const truth = await readTruth(result.survey, result.manifest);
  return {
    objects: judgeObjects(objects, truth, await loadCoaddVariance(butler, DEMO_RUN)),
    noise: await judgeNoise(butler, DEMO_RUN, truth),
  };
}

/** Writes `report.html` of the demonstration and gives its path. */
export async function writeDemoReport(
  butler: Butler,
  output: string,
  judgement: Judgement,
  totalSec: number | undefined,
): Promise<string> {
  const path = join(output, "report.html");
  const html = await buildReport({
    butler,
    run: DEMO_RUN,
    otherRuns: CALIBRATION_KINDS.map((kind) => `${SIMCAM_NAME}/calib/made/${kind}`),
    instrument: SIMCAM_NAME,
    skymap: "demo",
    pipelineFile: join(PIPELINES, "science.yaml"),
    title: "A survey in miniature, from raw frames to a catalogue",
    subtitle:
      "A synthetic survey of one small field, observed with a simulated camera, calibrated, stacked and measured on this machine.",
    judgement,
    ...(totalSec === undefined ? {} : { totalSec }),
  });
  await writeFile(path, html);
  return path;
}
