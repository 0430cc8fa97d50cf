import { isAlmagestError } from "@almagest/base";
import { showRun } from "../cli/run-progress.ts";
import { CALIBRATION_KINDS, type CalibrationKind, makeCalibration } from "../survey/make-calibrations.ts";
import { findBadPixels } from "./find-bad-pixels.ts";
import type { InstrumentFrames } from "./process-frame.ts";
import type { StageContext } from "./run-stage.ts";

const LOST: Readonly<Record<CalibrationKind, string>> = {
  bias: "the bias level is taken from the overscan where there is one, else left in",
  dark: "dark current is left in",
  flat: "uneven sensitivity is left in",
};

/** What calibrations a night has, and what that means for its frames. */
export interface Masters {
  readonly made: readonly CalibrationKind[];
  readonly notes: readonly string[];
}

/** Filters of raw science frames without a flat of their own. */
function filtersWithoutFlat({ frames }: InstrumentFrames): string[] {
  const flats = new Set(
    frames.filter(({ frame }) => frame.kind === "flat").map(({ info }) => info.physicalFilter),
  );
  const science = frames.filter(({ frame }) => frame.kind === "science");
  return [...new Set(science.map(({ info }) => info.physicalFilter))].filter((name) => !flats.has(name));
}

/** Notes on what the raw frames of an instrument lack. */
function noteMissing(instrument: InstrumentFrames): string[] {
  const count = (kind: string): number => instrument.frames.filter(({ frame }) => frame.kind === kind).length;
  const notes: string[] = [];
  for (const kind of CALIBRATION_KINDS) {
    if (kind === "flat") continue;
    if (count(kind) === 0) notes.push(`${instrument.instrument}: no ${kind} frames; ${LOST[kind]}.`);
    else if (count(kind) === 1)
      notes.push(`${instrument.instrument}: only one ${kind} frame; its noise goes into every frame.`);
  }
  for (const filter of filtersWithoutFlat(instrument)) {
    notes.push(`${instrument.instrument}: no flat frames for filter ${filter}; ${LOST.flat}.`);
  }
  return notes;
}

/** Combines the bias, dark and flat frames of an instrument, each corrected by those before; what fails is told and skipped. */
export async function makeMasters(context: StageContext, instrument: InstrumentFrames): Promise<Masters> {
  const { butler, terminal, workers } = context;
  const hasScience = instrument.frames.some(({ frame }) => frame.kind === "science");
  const notes = hasScience ? noteMissing(instrument) : [];
  const made: CalibrationKind[] = [];
  for (const kind of CALIBRATION_KINDS) {
    if (!instrument.frames.some(({ frame }) => frame.kind === kind)) continue;
    const progress = showRun(terminal, `make ${kind}`);
    try {
      await makeCalibration(butler, instrument.instrument, kind, {
        workers,
        onProgress: progress.onProgress,
      });
      made.push(kind);
    } catch (error) {
      if (!isAlmagestError(error) || error.code !== "ALMAGEST.RUN_FAILED") throw error;
      notes.push(
        `${instrument.instrument}: the ${kind} frames could not be combined; ${LOST[kind]}. ${error.message}`,
      );
    }
    progress.end();
  }
  await findBadPixels(context, instrument, made);
  return { made, notes };
}
