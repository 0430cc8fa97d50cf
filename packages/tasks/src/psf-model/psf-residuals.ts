import type { Psf } from "@almagest/images";
import { type Moments, measureMoments } from "../measurement/adaptive-moments.ts";
import { robustStatistics } from "../median.ts";
import type { StarStamps } from "./star-stamps.ts";

/** Stars against the model: T = ixx + iyy, e1 = (ixx − iyy)/T, e2 = 2 ixy/T; star minus model, median and robust scatter. */
export interface PsfResiduals {
  readonly stars: number;
  readonly sizeMedian: number;
  readonly sizeScatter: number;
  readonly e1Median: number;
  readonly e1Scatter: number;
  readonly e2Median: number;
  readonly e2Scatter: number;
}

/** Compares adaptive moments of stars with those of the PSF at their place and phase. `sizeMedian` is δT/T. */
export function measurePsfResiduals(psf: Psf, stamps: StarStamps, stars: readonly number[]): PsfResiduals {
  const { size } = stamps;
  const area = size * size;
  const half = size >> 1;
  const size_: number[] = [];
  const e1: number[] = [];
  const e2: number[] = [];
  const star: Moments = { xx: 0, yy: 0, xy: 0, flux: 0, failed: false };
  const model: Moments = { xx: 0, yy: 0, xy: 0, flux: 0, failed: false };
  // The widths where the first star stands are near enough to begin with everywhere.
  const begin = stars[0] ?? 0;
  const start = psf.sigmaAt(stamps.x[begin] ?? 0, stamps.y[begin] ?? 0) ** 2;
  for (const s of stars) {
    const x = stamps.x[s]!;
    const y = stamps.y[s]!;
    const dx = half + x - Math.round(x);
    const dy = half + y - Math.round(y);
    const data = stamps.data.subarray(s * area, (s + 1) * area);
    measureMoments(data, size, size, dx, dy, start, 1e4, 1e-4, star);
    const image = psf.imageAt(x, y);
    const shift = (image.size >> 1) - half;
    measureMoments(image.data, image.size, image.size, dx + shift, dy + shift, start, 1e4, 1e-4, model);
    if (star.failed || model.failed) continue;
    const t = star.xx + star.yy;
    const u = model.xx + model.yy;
    size_.push((t - u) / u);
    e1.push((star.xx - star.yy) / t - (model.xx - model.yy) / u);
    e2.push((2 * star.xy) / t - (2 * model.xy) / u);
  }
  const [sizes, first, second] = [robustStatistics(size_), robustStatistics(e1), robustStatistics(e2)];
  return {
    stars: size_.length,
    sizeMedian: sizes.median,
    sizeScatter: sizes.sigma,
    e1Median: first.median,
    e1Scatter: first.sigma,
    e2Median: second.median,
    e2Scatter: second.sigma,
  };
}
