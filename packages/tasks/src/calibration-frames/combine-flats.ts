import type { Logger } from "@almagest/base";
import { countMaskBits, type Exposure } from "@almagest/images";
import type { DatasetHandle } from "@almagest/pipeline";
import type { z } from "zod";
import { type AmplifierRecord, amplifierCards, readAmplifierCards } from "../isr/amplifier-cards.ts";
import { bitsOf } from "../mask-bits.ts";
import { medianOf } from "../median.ts";
import { samplePixels } from "../sample-pixels.ts";
import type { flatCombineConfig } from "./combine-config.ts";
import { combineFrames, createCombinedExposure, type FrameToCombine } from "./combine-frames.ts";
import type { Combined } from "./combined.ts";
import { measureGainRatio } from "./photon-transfer.ts";

type FlatCombineConfig = z.output<typeof flatCombineConfig>;

/** Pixels looked at for a frame's level. */
const SAMPLES = 200_000;

/** Gains by photon transfer from two flats, as figures; amplifiers too noisy or too faint are left out. */
function measureGains(
  first: Exposure,
  second: Exposure,
  amplifiers: readonly AmplifierRecord[],
  config: FlatCombineConfig,
): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const { name, bbox, gain, readNoise } of amplifiers) {
    const ratio = measureGainRatio(first, second, bbox, readNoise, config.badPlanes);
    if (!Number.isFinite(ratio)) continue;
    metrics[`gain.${name}`] = gain * ratio;
    metrics[`gainOverAssumed.${name}`] = ratio;
  }
  return metrics;
}

/**
 * Combines flat exposures of one filter (electrons, bias and dark taken out): each is divided by its median over the whole
 * detector, so that the ratios between amplifiers stay, and weighs by its level, as photon noise dominates; the result
 * has median 1. Gains by photon transfer from the first two are recorded as `gain.NAME`. Throws `TASKS.NO_FRAMES`.
 */
export async function combineFlats(
  handles: readonly DatasetHandle<Exposure>[],
  config: FlatCombineConfig,
  log?: Logger,
): Promise<Combined> {
  const frames: FrameToCombine[] = [];
  const pair: Exposure[] = [];
  for (const handle of handles) {
    const exposure = await handle.get();
    const level = medianOf(samplePixels(exposure, bitsOf(config.badPlanes, exposure.mask.planes), SAMPLES));
    const saturated =
      countMaskBits(exposure.mask, bitsOf(["SAT"], exposure.mask.planes)) / exposure.mask.data.length;
    if (!(level >= config.minimumElectrons) || saturated > config.maximumSaturatedFraction) {
      log?.warn("a flat frame is too faint or saturated and not used", {
        ...handle.dataId,
        level,
        saturated,
      });
      continue;
    }
    if (pair.length < 2) pair.push(exposure);
    frames.push({ handle, scale: 1 / level, weight: level });
  }
  const first = pair[0];
  const combined = await combineFrames(frames, first?.bbox ?? { x0: 0, y0: 0, width: 0, height: 0 }, config);
  const median = medianOf(samplePixels(combined, 0, SAMPLES));
  for (let i = 0; i < combined.image.data.length; i++) {
    combined.image.data[i] = combined.image.data[i]! / median;
    combined.variance.data[i] = combined.variance.data[i]! / median ** 2;
  }
  const amplifiers = readAmplifierCards(first!);
  const metrics = {
    frames: frames.length,
    ...(pair.length === 2 && measureGains(pair[0]!, pair[1]!, amplifiers, config)),
  };
  const cards = { ...amplifierCards(amplifiers), NCOMBINE: frames.length };
  return { exposure: createCombinedExposure(combined, first!, cards), metrics };
}
