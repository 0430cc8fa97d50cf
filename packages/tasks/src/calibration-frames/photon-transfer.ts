import type { Box, MaskedImage } from "@almagest/images";
import { bitsOf } from "../mask-bits.ts";
import { medianOf, robustStatistics } from "../median.ts";

/** Most pixels of one amplifier that are looked at. */
const SAMPLES = 60_000;

/** Pairs of values at the same good pixels of one box of two images. */
function samplePairs(a: MaskedImage, b: MaskedImage, box: Box, badPlanes: readonly string[]) {
  const badA = bitsOf(badPlanes, a.mask.planes);
  const badB = bitsOf(badPlanes, b.mask.planes);
  const stride = Math.max(1, Math.floor((box.width * box.height) / SAMPLES)) | 1;
  const first: number[] = [];
  const second: number[] = [];
  for (let k = 0; k < box.width * box.height; k += stride) {
    const y = Math.floor(k / box.width);
    const at = (box.y0 + y - a.bbox.y0) * a.bbox.width + box.x0 - a.bbox.x0 + (k - y * box.width);
    if ((a.mask.data[at]! & badA) !== 0 || (b.mask.data[at]! & badB) !== 0) continue;
    first.push(a.image.data[at]!);
    second.push(b.image.data[at]!);
  }
  return { first, second };
}

/** Read noise, in the images' unit, from the difference of two bias frames within one amplifier. */
export function measureReadNoise(
  a: MaskedImage,
  b: MaskedImage,
  box: Box,
  badPlanes: readonly string[],
): number {
  const { first, second } = samplePairs(a, b, box, badPlanes);
  return robustStatistics(first.map((v, i) => v - second[i]!)).sigma / Math.SQRT2;
}

/**
 * True gain over assumed gain from two flats (electrons by the assumed gain) within one amplifier, by photon transfer: the
 * difference of the flats, brought to one level, has variance 2(m/k + RN²) where m is the level and k the ratio sought.
 * NaN where the noise is not more than read noise.
 */
export function measureGainRatio(
  a: MaskedImage,
  b: MaskedImage,
  box: Box,
  readNoise: number,
  badPlanes: readonly string[],
): number {
  const { first, second } = samplePairs(a, b, box, badPlanes);
  const [levelA, levelB] = [medianOf(first), medianOf(second)];
  const ratio = levelA / levelB;
  const { sigma } = robustStatistics(first.map((v, i) => v - second[i]! * ratio));
  // Scaling b by r scales its shot variance r² while its level was m/r: Var = (m + r·m)/k + (1 + r²)·RN².
  const shot = sigma ** 2 - (1 + ratio ** 2) * readNoise ** 2;
  return shot > 0 ? (levelA * (1 + ratio)) / shot : Number.NaN;
}
