import type { Butler } from "@almagest/butler";
import type { Exposure } from "@almagest/images";
import { scatterOf } from "./robust.ts";
import type { TruthObjects } from "./truth.ts";

/** Pixel noise of one coadd against what its visits promise. */
export interface NoiseJudgement {
  readonly band: string;
  readonly patch: number;
  readonly visits: number;
  /** Robust pixel scatter measured on blank sky of the coadd, nJy. */
  readonly measured: number;
  /** (Σ 1/σᵢ²)^−½ with σᵢ measured in the same way on each visit's warp, nJy. */
  readonly expected: number;
}

const SAMPLE_STEP = 7;
/** Pixels around an object that are not blank, and the distance of the pixels that are compared (the kernel's full width). */
const OBJECT_REACH = 8;
const SPACING = 6;
const FEWEST_PIXELS = 3000;
/** True sources fainter than AB 26.5 leave no mark on a single pixel. */
const FAINTEST_NJY = 91;

/** Pixels of blank sky, as offsets into planes of the coadd's box: nothing missing, no true source within reach. Sources too
 * faint to detect count as well: they are the same in every visit, so their confusion does not average out as noise does. */
function blankPixels(coadd: Exposure, truth: TruthObjects, band: string): number[] {
  const { bbox, image, mask } = coadd;
  const bits = ["NO_DATA", "SAT", "BAD", "CLIPPED", "REJECTED", "SENSOR_EDGE", "EDGE"].reduce(
    (all, plane) => all | (1 << (mask.planes.get(plane) ?? 31)),
    0,
  );
  const blank = Uint8Array.from(mask.data, (value, p) =>
    (value & bits) === 0 && Number.isFinite(image.data[p]!) ? 1 : 0,
  );
  const flux = truth.flux.get(band)!;
  const x = new Float64Array(truth.count);
  const y = new Float64Array(truth.count);
  coadd.wcs!.skyToPixelArrays(truth.raDeg, truth.decDeg, x, y);
  for (let k = 0; k < truth.count; k++) {
    if (!(flux[k]! > FAINTEST_NJY) || Number.isNaN(x[k]!)) continue;
    const column = Math.round(x[k]!) - bbox.x0;
    const [first, last] = [
      Math.max(0, column - OBJECT_REACH),
      Math.min(bbox.width, column + OBJECT_REACH + 1),
    ];
    const row = Math.round(y[k]!) - bbox.y0;
    if (row < -OBJECT_REACH || row >= bbox.height + OBJECT_REACH) continue;
    for (let r = Math.max(0, row - OBJECT_REACH); r <= Math.min(bbox.height - 1, row + OBJECT_REACH); r++) {
      if (last > first) blank.fill(0, r * bbox.width + first, r * bbox.width + last);
    }
  }
  const pixels: number[] = [];
  for (let p = 0; p < blank.length; p += SAMPLE_STEP) {
    if (blank[p] === 1 && blank[p + SPACING] === 1 && (p % bbox.width) + SPACING < bbox.width) pixels.push(p);
  }
  return pixels;
}

/** Whether an image has data at the place of a coadd's pixel. */
function hasPixel(image: Exposure, coadd: Exposure, pixel: number): boolean {
  const x = (pixel % coadd.bbox.width) + coadd.bbox.x0 - image.bbox.x0;
  const y = Math.floor(pixel / coadd.bbox.width) + coadd.bbox.y0 - image.bbox.y0;
  const inside = x >= 0 && y >= 0 && x < image.bbox.width && y < image.bbox.height;
  return inside && Number.isFinite(image.image.data[y * image.bbox.width + x]!);
}

/** Scatter of the differences of pixels six columns apart (the interpolation kernel's width), over √2: blind
 * to slopes and wings that are smooth on that scale. */
function pixelNoise(image: Exposure, coadd: Exposure, pixels: readonly number[]): number {
  const [from, to] = [coadd.bbox, image.bbox];
  const differences: number[] = [];
  for (const p of pixels) {
    const x = (p % from.width) + from.x0 - to.x0;
    const y = Math.floor(p / from.width) + from.y0 - to.y0;
    if (x < 0 || y < 0 || x + SPACING >= to.width || y >= to.height) continue;
    const k = y * to.width + x;
    const difference = image.image.data[k]! - image.image.data[k + SPACING]!;
    if (Number.isFinite(difference)) differences.push(difference);
  }
  return scatterOf(differences) / Math.SQRT2;
}

/** Judges the noise of every coadd of a run against √N of its visits. */
export async function judgeNoise(
  butler: Butler,
  run: string,
  truth: TruthObjects,
): Promise<NoiseJudgement[]> {
  const judgements: NoiseJudgement[] = [];
  for (const ref of await butler.queryDatasets("deep_coadd", { collections: run })) {
    const coadd = (await butler.get(ref)) as Exposure;
    const { skymap, tract, patch, band } = ref.dataId;
    const warps: Exposure[] = [];
    for (const warp of await butler.queryDatasets("direct_warp", {
      collections: run,
      where: `skymap = '${skymap}' AND tract = ${tract} AND patch = ${patch} AND band = '${band}'`,
    })) {
      warps.push((await butler.get(warp)) as Exposure);
    }
    const pixels = blankPixels(coadd, truth, String(band)).filter((p) =>
      warps.every((warp) => hasPixel(warp, coadd, p)),
    );
    // Patches at the rim, where visits overlap in slivers, say nothing.
    if (pixels.length < FEWEST_PIXELS) continue;
    const inverse = warps.reduce((sum, warp) => sum + 1 / pixelNoise(warp, coadd, pixels) ** 2, 0);
    judgements.push({
      band: String(band),
      patch: Number(patch),
      visits: warps.length,
      measured: pixelNoise(coadd, coadd, pixels),
      expected: 1 / Math.sqrt(inverse),
    });
  }
  return judgements;
}
