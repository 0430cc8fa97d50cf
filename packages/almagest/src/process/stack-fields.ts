import type { RunSummary } from "@almagest/pipeline";
import { registerSkyMap, SKY_MAPS_RUN } from "../survey/register-sky-map.ts";
import { type FieldMap, planSkyMap } from "./plan-sky-map.ts";
import { digestOf, runStage, type StageContext } from "./run-stage.ts";
import { recordSettled, tiesOf } from "./settle-records.ts";
import type { SettledFrame } from "./settled-frame.ts";

/** What stacking left. */
export interface Stacked {
  /** RUN that holds what was settled of the frames. */
  readonly tiesRun: string;
  readonly map?: FieldMap;
  /** RUN that holds warps, stacks and objects. */
  readonly run?: string;
  readonly summary?: RunSummary;
}

/** Merging distances: half a pixel at least, or what suits good seeing, arcsec. */
function mergeSettings(pixelScaleArcsec: number, fwhmArcsec: number) {
  const sameArcsec = Math.max(0.5, 0.5 * fwhmArcsec, pixelScaleArcsec);
  return { sameArcsec, distinctArcsec: 2 * sameArcsec };
}

/** Records what was settled, and stacks and measures every field that two good frames or more show. */
export async function stackFields(
  context: StageContext,
  frames: readonly SettledFrame[],
  measuredRuns: readonly string[],
): Promise<Stacked> {
  const { butler } = context;
  const key = digestOf(
    frames.map(({ frame }) => [frame.instrument, frame.image.id]).concat(tiesOf(frames) as never),
  );
  const tiesRun = `process/ties/${key}`;
  await recordSettled(butler, frames, tiesRun);
  const map = planSkyMap(frames);
  if (map === undefined) return { tiesRun };
  await registerSkyMap(butler, map.config);
  const instruments = [...new Set(frames.map(({ frame }) => frame.instrument))];
  const widths = frames.flatMap(({ use, frame }) => {
    const sigma = frame.figures.get("psfSigmaPixels");
    return use && sigma !== undefined ? [2.3548 * sigma * map.config.pixelScaleArcsec] : [];
  });
  const run = `process/stack/${digestOf([key, map.config])}`;
  const summary = await runStage(context, {
    title: "stack and measure",
    file: "process-stack.yaml",
    settings: {
      mergeObjectDetection: mergeSettings(map.config.pixelScaleArcsec, Math.min(...widths)),
    },
    where: `instrument IN (${instruments.map((name) => `'${name}'`).join(", ")}) AND skymap = '${map.config.name}'`,
    inputs: [tiesRun, ...measuredRuns, SKY_MAPS_RUN],
    run,
  });
  return { tiesRun, map, run, summary };
}
