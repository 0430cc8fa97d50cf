import type { Logger } from "@almagest/base";
import type { Exposure, VisitInfo } from "@almagest/images";
import type { DatasetHandle } from "@almagest/pipeline";
import type { z } from "zod";
import { amplifierCards, readAmplifierCards } from "../isr/amplifier-cards.ts";
import { medianOf } from "../median.ts";
import { samplePixels } from "../sample-pixels.ts";
import type { darkCombineConfig } from "./combine-config.ts";
import { combineFrames, createCombinedExposure, type FrameToCombine } from "./combine-frames.ts";
import type { Combined } from "./combined.ts";

/**
 * Combines dark exposures (electrons, bias taken out) into electrons per second of dark time; each weighs by the square of its
 * dark time, as read noise dominates. Throws `TASKS.NO_FRAMES`.
 */
export async function combineDarks(
  handles: readonly DatasetHandle<Exposure>[],
  config: z.output<typeof darkCombineConfig>,
  log?: Logger,
): Promise<Combined> {
  const frames: FrameToCombine[] = [];
  let first: Exposure | undefined;
  for (const handle of handles) {
    const visitInfo = (await handle.get({ component: "visitInfo" })) as VisitInfo | undefined;
    const darkSec = visitInfo?.darkSec ?? 0;
    if (!(darkSec >= config.minimumDarkSec)) {
      log?.warn("a dark frame is too short and not used", { ...handle.dataId, darkSec });
      continue;
    }
    first ??= await handle.get();
    frames.push({ handle, scale: 1 / darkSec, weight: darkSec ** 2 });
  }
  const combined = await combineFrames(frames, first?.bbox ?? { x0: 0, y0: 0, width: 0, height: 0 }, config);
  const cards = { ...amplifierCards(readAmplifierCards(first!)), NCOMBINE: frames.length };
  const metrics = {
    frames: frames.length,
    medianElectronsPerSec: medianOf(samplePixels(combined, 0, 100_000)),
  };
  return { exposure: createCombinedExposure(combined, first!, cards), metrics };
}
