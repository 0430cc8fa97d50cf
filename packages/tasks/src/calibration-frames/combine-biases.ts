import type { Logger } from "@almagest/base";
import type { Exposure } from "@almagest/images";
import type { DatasetHandle } from "@almagest/pipeline";
import { amplifierCards, readAmplifierCards } from "../isr/amplifier-cards.ts";
import { medianOf } from "../median.ts";
import { samplePixels } from "../sample-pixels.ts";
import type { CombineConfig } from "./combine-config.ts";
import { combineFrames, createCombinedExposure } from "./combine-frames.ts";
import type { Combined } from "./combined.ts";
import { measureReadNoise } from "./photon-transfer.ts";

/**
 * Combines bias exposures (electrons) into their clipped mean. The read noise of each amplifier, from the difference of
 * the first two, is recorded in the cards AMPRDNnn and the figures `readNoiseElectrons.NAME`.
 */
export async function combineBiases(
  handles: readonly DatasetHandle<Exposure>[],
  config: CombineConfig,
  log?: Logger,
): Promise<Combined> {
  const first = await handles[0]!.get();
  const second = handles.length > 1 ? await handles[1]!.get() : undefined;
  const metrics: Record<string, number> = { frames: handles.length };
  const amplifiers = readAmplifierCards(first).map((amplifier) => {
    if (second === undefined) return amplifier;
    const readNoise = measureReadNoise(first, second, amplifier.bbox, config.badPlanes);
    metrics[`readNoiseElectrons.${amplifier.name}`] = readNoise;
    return { ...amplifier, readNoise };
  });
  if (second === undefined)
    log?.warn("one bias frame only: its noise goes into every image, read noise is not measured");
  const frames = handles.map((handle) => ({ handle, scale: 1, weight: 1 }));
  const combined = await combineFrames(frames, first.bbox, config);
  metrics.medianElectrons = medianOf(samplePixels(combined, 0, 100_000));
  const cards = { ...amplifierCards(amplifiers), NCOMBINE: handles.length };
  return { exposure: createCombinedExposure(combined, first, cards), metrics };
}
