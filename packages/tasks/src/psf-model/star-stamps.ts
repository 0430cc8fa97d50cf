import type { MaskedImage } from "@almagest/images";
import { bitsOf } from "../mask-bits.ts";
import { type Centroid, measureCentroid } from "../measurement/centroid.ts";
import type { WorkPlanes } from "../measurement/work-planes.ts";

/** Positions of stars, parent pixels. */
export interface StarPositions {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** Pixels around stars: star s owns data[s·size² …], its middle pixel nearest to the star. */
export interface StarStamps {
  readonly count: number;
  readonly size: number;
  /** Index in the positions given. */
  readonly index: Int32Array;
  /** Centroids, parent pixels. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly data: Float32Array;
  readonly variance: Float32Array;
  /** 1 on usable pixels. */
  readonly good: Uint8Array;
}

/**
 * Cuts stamps around stars whose centroid (in a window of `sigma`) and core are good: at most a tenth of the stamp may be bad,
 * none of it within 2.5 sigma. Stars closer than half a stamp to the edge are left out.
 */
export function cutStarStamps(
  masked: MaskedImage,
  planes: WorkPlanes,
  stars: StarPositions,
  size: number,
  sigma: number,
  badPlanes: readonly string[],
): StarStamps {
  const { bbox } = masked;
  const half = size >> 1;
  const area = size * size;
  const badBits = bitsOf(badPlanes, masked.mask.planes);
  const total = stars.x.length;
  const index = new Int32Array(total);
  const x = new Float64Array(total);
  const y = new Float64Array(total);
  const data = new Float32Array(total * area);
  const variance = new Float32Array(total * area);
  const good = new Uint8Array(total * area);
  const centroid: Centroid = { x: 0, y: 0, varX: 0, varY: 0, failed: false };
  let count = 0;
  for (let s = 0; s < total; s++) {
    measureCentroid(planes, stars.x[s]! - bbox.x0, stars.y[s]! - bbox.y0, sigma, 2 * sigma, 2e-4, centroid);
    const cx = Math.round(centroid.x);
    const cy = Math.round(centroid.y);
    const inside = cx >= half && cy >= half && cx < planes.width - half && cy < planes.height - half;
    if (centroid.failed || !inside) continue;
    let bad = 0;
    let core = false;
    for (let j = 0; j < size; j++) {
      for (let i = 0; i < size; i++) {
        const p = (cy + j - half) * planes.width + cx + i - half;
        const q = count * area + j * size + i;
        const v = planes.variance[p]!;
        const usable = (planes.mask[p]! & badBits) === 0 && v > 0;
        data[q] = planes.image[p]!;
        variance[q] = v;
        good[q] = usable ? 1 : 0;
        if (usable) continue;
        bad++;
        core ||= (i - half) ** 2 + (j - half) ** 2 < (2.5 * sigma) ** 2;
      }
    }
    if (core || bad > 0.1 * area) continue;
    index[count] = s;
    x[count] = centroid.x + bbox.x0;
    y[count++] = centroid.y + bbox.y0;
  }
  return {
    count,
    size,
    index: index.subarray(0, count),
    x: x.subarray(0, count),
    y: y.subarray(0, count),
    data,
    variance,
    good,
  };
}
