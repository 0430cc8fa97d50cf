import { stackClipped } from "@almagest/kernels";
import { robustStatistics } from "../median.ts";
import type { CoaddConfig } from "./coadd-config.ts";
import { growByOne, keepConnected } from "./connected-pixels.ts";
import type { MatchedWarp } from "./match-seeing.ts";

/** The static sky as the matched visits show it. */
interface StaticSky {
  readonly image: Float32Array;
  readonly variance: Float32Array;
  readonly count: Uint16Array;
  /** Largest positive value among each pixel and its eight neighbours: how bright the profile is hereabouts. */
  readonly brightness: Float32Array;
}

/** As many visits as the stacking kernel takes at once; the static sky is made from the first so many. */
const KERNEL_LIMIT = 64;
/** Values looked at for the scale of a visit's differences. */
const SAMPLES = 20_000;

function localMaximum(image: Float32Array, width: number): Float32Array {
  const rows = new Float32Array(image.length);
  const out = new Float32Array(image.length);
  for (let i = 0; i < image.length; i++) {
    const x = i % width;
    const left = x > 0 ? image[i - 1]! : 0;
    const right = x < width - 1 ? image[i + 1]! : 0;
    const own = image[i]!;
    // Comparisons with NaN are false, so that pixels without data count as 0.
    let most = own > 0 ? own : 0;
    if (left > most) most = left;
    if (right > most) most = right;
    rows[i] = most;
  }
  for (let i = 0; i < image.length; i++) {
    const below = i >= width ? rows[i - width]! : 0;
    const above = i + width < image.length ? rows[i + width]! : 0;
    out[i] = Math.max(rows[i]!, below, above);
  }
  return out;
}

function findStaticSky(warps: readonly MatchedWarp[], width: number, config: CoaddConfig): StaticSky {
  const size = warps[0]!.image.length;
  const image = new Float32Array(size);
  const variance = new Float32Array(size);
  const count = new Uint16Array(size);
  stackClipped(
    warps.slice(0, KERNEL_LIMIT),
    { image, variance, count },
    { badBits: 1, clipSigma: config.clipSigma, iterations: 2, tolerance: config.profileFraction },
  );
  return { image, variance, count, brightness: localMaximum(image, width) };
}

/** Standard deviation of a visit's difference from the static sky at one pixel. */
function deviation(sky: StaticSky, own: number, at: number): number {
  // Of two visits the mean's error is that of either's distance from it; of more, this visit may or may not be in it.
  return Math.sqrt(sky.count[at] === 2 ? sky.variance[at]! : own + sky.variance[at]!);
}

/** How much larger the differences scatter than the variances say: resampling correlates neighbours. At least 1. */
function measureExcess(warp: MatchedWarp, sky: StaticSky): number {
  const stride = Math.max(1, Math.floor(warp.image.length / SAMPLES)) | 1;
  const pulls: number[] = [];
  for (let at = 0; at < warp.image.length; at += stride) {
    if (warp.mask[at] !== 0 || sky.count[at]! < 2) continue;
    const sigma = deviation(sky, warp.variance[at]!, at);
    // Where the sky is bright, profiles dominate.
    if (sky.brightness[at]! < 5 * sigma) pulls.push((warp.image[at]! - sky.image[at]!) / sigma);
  }
  return pulls.length < 100 ? 1 : Math.max(1, robustStatistics(pulls).sigma);
}

/** Marks 2 where a visit differs by more than the artifact's limit, 1 where by more than the growing limit. */
function markDifferences(warp: MatchedWarp, sky: StaticSky, config: CoaddConfig): Uint8Array {
  const excess = measureExcess(warp, sky);
  const marks = new Uint8Array(warp.image.length);
  for (let at = 0; at < marks.length; at++) {
    if (warp.mask[at] !== 0 || sky.count[at]! < 2) continue;
    const difference = warp.image[at]! - sky.image[at]!;
    // Of two visits the brighter is the one with the artifact; a third tells for holes as well.
    const size = sky.count[at] === 2 ? difference : Math.abs(difference);
    const sigma = excess * deviation(sky, warp.variance[at]!, at);
    const excessLight = size - config.profileFraction * sky.brightness[at]!;
    if (excessLight > config.growSigma * sigma)
      marks[at] = excessLight > config.artifactSigma * sigma ? 2 : 1;
  }
  return marks;
}

/**
 * Finds what only few visits show, after LSST's CompareWarp: visits brought to one seeing are compared with their
 * clipped mean; connected differences that occur in at most max(1, min(0.4 N, maxEpochs + 0.03 N)) visits are
 * artifacts (satellites, missed cosmic rays, ghosts, moving bodies). Differences in proportion to the sky's own
 * brightness are granted, so that stars of varying profile or brightness stay. One map per visit, 1 where an artifact is.
 */
export function findArtifacts(
  warps: readonly MatchedWarp[],
  width: number,
  config: CoaddConfig,
): Uint8Array[] {
  if (warps.length < 2) return warps.map((warp) => new Uint8Array(warp.image.length));
  const sky = findStaticSky(warps, width, config);
  const maps = warps.map((warp) => {
    const marks = markDifferences(warp, sky, config);
    keepConnected(marks, width, config.artifactMinimumPixels);
    return marks;
  });
  const epochs = new Uint16Array(maps[0]!.length);
  for (const map of maps) for (let i = 0; i < map.length; i++) epochs[i] = epochs[i]! + map[i]!;
  const most = Math.max(1, Math.floor(Math.min(0.4 * warps.length, config.maxEpochs + 0.03 * warps.length)));
  for (const map of maps) {
    for (let i = 0; i < map.length; i++) if (epochs[i]! > most) map[i] = 0;
    growByOne(map, width);
  }
  return maps;
}
