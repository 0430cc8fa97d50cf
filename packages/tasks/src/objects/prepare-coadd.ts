import { type Exposure, subtractBackground } from "@almagest/images";
import { estimateBackground } from "../background/estimate-background.ts";
import { detectSources, markFootprints } from "../detection/detect-sources.ts";
import type { Detections } from "../detection/detections.ts";

/** How a coadd is made ready for measurement. */
export interface CoaddPreparation {
  readonly backgroundBoxSize: number;
  readonly detectionSigma: number;
}

/**
 * Takes the sky that visits left behind out of a coadd (in place) and detects its sources: once roughly, so that the second
 * sky estimate does not see them, then for good. The same input gives the same result wherever it runs.
 */
export function prepareCoadd(coadd: Exposure, config: CoaddPreparation): Detections {
  const psf = coadd.psf;
  if (psf === undefined) throw new TypeError("a coadd always carries its PSF");
  const boxSize = config.backgroundBoxSize;
  subtractBackground(coadd.image, estimateBackground(coadd, { boxSize, statistic: "mode" }));
  const first = detectSources(coadd, psf, { thresholdSigma: config.detectionSigma, noiseScale: "empirical" });
  markFootprints(coadd.mask, first.footprints);
  subtractBackground(coadd.image, estimateBackground(coadd, { boxSize, statistic: "mean" }));
  const detections = detectSources(coadd, psf, {
    thresholdSigma: config.detectionSigma,
    noiseScale: "empirical",
  });
  markFootprints(coadd.mask, detections.footprints);
  return detections;
}
