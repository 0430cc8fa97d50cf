import { instrumentCollections } from "../survey/ingest-raws.ts";
import type { IngestedCatalogue } from "./ingest-catalogues.ts";
import { reducedRun } from "./ingest-frames.ts";
import { makeMasters } from "./make-masters.ts";
import { type InstrumentFrames, isSkyFrame, type ProcessFrame } from "./process-frame.ts";
import { digestOf, runStage, type Settings, type StageContext } from "./run-stage.ts";

/** A frame that could not be processed, and why. */
export interface FailedFrame {
  readonly path: string;
  readonly reason: string;
}

/** What measuring the frames of an instrument left. */
export interface MeasuredInstrument {
  /** Runs that hold its images and tables, the measured ones first. */
  readonly run: string;
  readonly imageRuns: readonly string[];
  readonly masterRuns: readonly string[];
  readonly failed: readonly FailedFrame[];
  readonly notes: readonly string[];
}

/** Side of sky boxes for images of this size: many boxes even on small ones. */
function skyBox(frames: readonly ProcessFrame[]): number {
  const side = Math.min(...frames.map(({ frame }) => Math.min(frame.width, frame.height)));
  return Math.max(16, Math.min(128, Math.floor(side / 4)));
}

function measureSettings(frames: readonly ProcessFrame[]): Settings {
  const scales = frames.flatMap(({ frame }) => frame.pixelScaleArcsec ?? []);
  const scale = scales.length === 0 ? undefined : Math.max(...scales);
  const isGuess = frames.some(({ frame }) => frame.wcsIsGuess);
  return {
    calibrateImage: {
      psfFallback: true,
      backgroundBoxSize: skyBox(frames),
      matchRadiusArcsec: Math.max(0.7, 1.5 * (scale ?? 0.4)),
      astrometryMaxShiftArcsec: Math.max(60, 100 * (scale ?? 0.4), isGuess ? 600 : 0),
      ...(scale === undefined || frames.some(({ frame }) => frame.pixelScaleArcsec === undefined)
        ? {}
        : { minScaleArcsec: 0.8 * Math.min(...scales), maxScaleArcsec: 1.25 * scale }),
    },
  };
}

/** Makes an instrument's calibrations, reduces its raw frames, takes its reduced ones, and measures all of them. */
export async function measureFrames(
  context: StageContext,
  one: InstrumentFrames,
  catalogue: IngestedCatalogue,
  where: string | undefined,
): Promise<MeasuredInstrument> {
  const { instrument, frames } = one;
  const { raws, calibrations } = instrumentCollections(instrument);
  const sky = frames.filter(isSkyFrame);
  const masters = await makeMasters(context, one);
  const filter = where === undefined ? "" : ` AND (${where})`;
  const base = `instrument = '${instrument}'`;
  const failed: FailedFrame[] = [];
  const imageRuns: string[] = [];
  const run = async (
    title: string,
    file: string,
    settings: Settings,
    inputs: readonly string[],
    to: string,
    more: string,
  ) => {
    const summary = await runStage(context, { title, file, settings, where: base + more, inputs, run: to });
    for (const { dataId, message } of summary.failures) {
      const frame = frames.find(
        ({ info }) =>
          info.exposureId === (dataId.exposure ?? dataId.visit) && info.detectorId === dataId.detector,
      );
      failed.push({ path: frame?.path ?? JSON.stringify(dataId), reason: message });
    }
  };
  if (sky.some(({ frame }) => frame.kind === "science")) {
    const settings = { isr: {} };
    // With other calibrations than before, frames are reduced anew.
    imageRuns.push(`process/${instrument}/reduced/${digestOf([settings, masters.made])}`);
    const science = ` AND exposure.observation_type = 'science'${filter}`;
    await run("reduce", "process-isr.yaml", settings, [raws, calibrations], imageRuns.at(-1)!, science);
  }
  if (sky.some(({ frame }) => frame.kind === "reduced")) {
    imageRuns.push(`process/${instrument}/adopted`);
    await run(
      "read reduced images",
      "process-adopt.yaml",
      {},
      [reducedRun(instrument)],
      imageRuns.at(-1)!,
      filter,
    );
  }
  const settings = measureSettings(sky);
  const inputs = [...imageRuns, ...(catalogue.run === undefined ? [] : [catalogue.run])];
  const measured = `process/${instrument}/measured/${digestOf([settings, inputs])}`;
  await run("measure", "process-measure.yaml", settings, inputs, measured, filter);
  return {
    run: measured,
    imageRuns,
    masterRuns: masters.made.map((kind) => `${instrument}/calib/made/${kind}`),
    failed,
    notes: masters.notes,
  };
}
