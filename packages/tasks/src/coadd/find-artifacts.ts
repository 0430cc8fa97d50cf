import { stackClipped } from "@almagest/kernels";
import { robustStatistics } from "../median.ts";
import type { CoaddConfig } from "./coadd-config.ts";
import { growByOne, keepConnected, STRONG, WEAK } from "./connected-pixels.ts";
import type { MatchedWarp } from "./match-seeing.ts";

/** The static sky as the matched visits show it. */
interface StaticSky {
  readonly image: Float32Array;
  readonly variance: Float32Array;
  /** How many visits it is made of, after clipping. */
  readonly count: Uint16Array;
}

/** As many visits as the stacking kernel takes at once; the static sky is made from the first so many. */
const KERNEL_LIMIT = 64;
/** Values looked at for the scale of a visit's differences. */
const SAMPLES = 20_000;

function findStaticSky(warps: readonly MatchedWarp[], config: CoaddConfig): StaticSky {
  const size = warps[0]!.image.length;
  const sky = {
    image: new Float32Array(size),
    variance: new Float32Array(size),
    count: new Uint16Array(size),
  };
  stackClipped(warps.slice(0, KERNEL_LIMIT), sky, {
    badBits: warps[0]!.badBits,
    clipSigma: config.clipSigma,
    iterations: 2,
    tolerance: config.profileFraction,
  });
  return sky;
}

/**
 * Largest positive value of the static sky among a pixel and its eight neighbours: how bright the profile is hereabouts.
 * Where two visits make the mean, the fainter of them stands for it: an artifact is in the mean, too.
 */
function brightnessAround(warp: MatchedWarp, sky: StaticSky, at: number, width: number): number {
  let most = 0;
  for (let dy = -width; dy <= width; dy += width) {
    for (let dx = -1; dx <= 1; dx++) {
      const next = at + dy + dx;
      // Beyond the plane and without data the comparison is false.
      let value = sky.image[next]!;
      if (sky.count[next] === 2) value -= Math.abs(warp.image[next]! - value);
      if (value > most) most = value;
    }
  }
  return most;
}

/**
 * Variance of a visit's difference from the static sky. Of two visits the mean's error is that of either's distance from it;
 * of more, this visit may or may not be in it.
 */
function differenceVariance(warp: MatchedWarp, sky: StaticSky, at: number): number {
  return sky.count[at] === 2 ? sky.variance[at]! : warp.variance[at]! + sky.variance[at]!;
}

/** How much larger the differences scatter than the variances say: resampling correlates neighbours. At least 1. */
function measureExcess(warp: MatchedWarp, sky: StaticSky, width: number): number {
  const stride = Math.max(1, Math.floor(warp.image.length / SAMPLES)) | 1;
  const pulls: number[] = [];
  for (let at = 0; at < warp.image.length; at += stride) {
    if ((warp.mask[at]! & warp.badBits) !== 0 || sky.count[at]! < 2) continue;
    const sigma = Math.sqrt(differenceVariance(warp, sky, at));
    // Where the sky is bright, profiles dominate.
    if (brightnessAround(warp, sky, at, width) < 5 * sigma) {
      pulls.push((warp.image[at]! - sky.image[at]!) / sigma);
    }
  }
  return pulls.length < 100 ? 1 : Math.max(1, robustStatistics(pulls).sigma);
}

/** Marks the pixels of one visit that differ from the static sky, WEAK above the growing limit and STRONG above the
 * artifact's; returns the strong ones. */
function markDifferences(
  warp: MatchedWarp,
  sky: StaticSky,
  width: number,
  config: CoaddConfig,
  marks: Uint8Array,
): number[] {
  const excess = measureExcess(warp, sky, width);
  const weak = (config.growSigma * excess) ** 2;
  const strong = (config.artifactSigma * excess) ** 2;
  const { image, mask, badBits } = warp;
  const seeds: number[] = [];
  for (let at = 0; at < marks.length; at++) {
    const difference = image[at]! - sky.image[at]!;
    const variance = differenceVariance(warp, sky, at);
    // Most pixels leave here; the comparison is false for NaN.
    if (!(difference * difference > weak * variance)) continue;
    if ((mask[at]! & badBits) !== 0 || sky.count[at]! < 2) continue;
    // Of two visits the brighter is the one with the artifact; a third tells of holes as well.
    const size = sky.count[at] === 2 ? difference : Math.abs(difference);
    const bright = brightnessAround(warp, sky, at, width);
    const light = size - config.profileFraction * bright;
    if (light <= 0 || light * light <= weak * variance) continue;
    // With two visits a star may vary much, but what began on blank sky is followed across stars. The distance from the
    // mean of two is half their difference.
    const sure = sky.count[at] === 2 ? size - (config.pairFraction / 2) * bright : light;
    if (sure > 0 && sure * sure > strong * variance) {
      marks[at] = STRONG;
      seeds.push(at);
    } else marks[at] = WEAK;
  }
  return seeds;
}

/** Artifact maps, one per visit: ARTIFACT where there is one, any other value elsewhere; and how many pixels they have. */
export interface ArtifactMaps {
  readonly maps: readonly Uint8Array[];
  readonly pixels: number;
}

/**
 * Finds what only few visits show, after LSST's CompareWarp: visits brought to one seeing are compared with their
 * clipped mean; connected differences that occur in at most max(1, min(0.4 N, maxEpochs + 0.03 N)) visits are
 * artifacts (satellites, missed cosmic rays, ghosts, moving bodies). Differences in proportion to the sky's own
 * brightness are granted, so that stars of varying profile or brightness stay.
 */
export function findArtifacts(
  warps: readonly MatchedWarp[],
  width: number,
  config: CoaddConfig,
): ArtifactMaps {
  const maps = warps.map((warp) => new Uint8Array(warp.image.length));
  if (warps.length < 2) return { maps, pixels: 0 };
  const sky = findStaticSky(warps, config);
  const found = warps.map((warp, i) => {
    const seeds = markDifferences(warp, sky, width, config, maps[i]!);
    return keepConnected(maps[i]!, seeds, width, config.artifactMinimumPixels);
  });
  const epochs = new Uint16Array(sky.count.length);
  for (const pixels of found) for (const at of pixels) epochs[at] = epochs[at]! + 1;
  const most = Math.max(1, Math.floor(Math.min(0.4 * warps.length, config.maxEpochs + 0.03 * warps.length)));
  let count = 0;
  found.forEach((pixels, i) => {
    const rare = pixels.filter((at) => epochs[at]! <= most);
    for (const at of pixels) if (epochs[at]! > most) maps[i]![at] = 0;
    growByOne(maps[i]!, rare, width);
    count += rare.length;
  });
  return { maps, pixels: count };
}
