import type { WorkPlanes } from "./work-planes.ts";

/** Gauss–Legendre nodes on [−½, ½] and weights: orders 1, 2 and 5 one after another. */
const NODES = Float64Array.of(
  0,
  -0.28867513459481287,
  0.28867513459481287,
  -0.453089922969332,
  -0.2692346550528415,
  0,
  0.2692346550528415,
  0.453089922969332,
);
const WEIGHTS = Float64Array.of(
  1,
  0.5,
  0.5,
  0.1184634425280945,
  0.2393143352496832,
  0.2844444444444444,
  0.2393143352496832,
  0.1184634425280945,
);

/** Sums circles about one position. */
export interface ApertureSummer {
  /** Writes Σ image and Σ variance per radius (index as in `radii`) into the outputs at `offset`. */
  sum(
    planes: WorkPlanes,
    x: number,
    y: number,
    flux: Float64Array,
    variance: Float64Array,
    offset: number,
  ): void;
}

/**
 * Creates a summer for rising radii (pixels). The overlap of circle and pixels is integrated row by row: along a row exactly,
 * by running sums with fractional ends, across it by Gauss–Legendre points, more where the rim bends. The area is right to
 * 2e-4 for a radius of 3 pixels and better above; all radii share the running sums, so that a 25-pixel aperture costs about
 * what its rows cost.
 */
export function createApertureSummer(radii: readonly number[]): ApertureSummer {
  const count = radii.length;
  const reach = Math.ceil(radii[count - 1]! + 0.5);
  const imageSum = new Float64Array(2 * reach + 4);
  const varianceSum = new Float64Array(2 * reach + 4);
  const sum: ApertureSummer["sum"] = (planes, x, y, flux, variance, offset) => {
    const { width, height, image, variance: noise } = planes;
    for (let k = 0; k < count; k++) {
      flux[offset + k] = 0;
      variance[offset + k] = 0;
    }
    const left = Math.max(0, Math.round(x) - reach);
    const right = Math.min(width - 1, Math.round(x) + reach);
    const y0 = Math.max(0, Math.round(y) - reach);
    const y1 = Math.min(height - 1, Math.round(y) + reach);
    const largest = radii[count - 1]!;
    for (let py = y0; py <= y1; py++) {
      const dy = py - y;
      const near = Math.max(0, Math.abs(dy) - 0.5);
      let first = 0;
      while (first < count && radii[first]! <= near) first++;
      if (first === count) continue;
      const widest = Math.sqrt(largest * largest - near * near);
      const x0 = Math.max(left, Math.floor(x - widest));
      const length = Math.min(right, Math.ceil(x + widest)) - x0 + 1;
      if (length <= 0) continue;
      const center = x - x0 + 0.5;
      const row = py * width + x0;
      let s = 0;
      let v = 0;
      for (let i = 0; i < length; i++) {
        s += image[row + i]!;
        v += noise[row + i]!;
        imageSum[i + 1] = s;
        varianceSum[i + 1] = v;
      }
      for (let k = first; k < count; k++) {
        const r = radii[k]!;
        // The part of this row's band that the circle reaches.
        const low = Math.max(dy - 0.5, -r);
        const band = Math.min(dy + 0.5, r) - low;
        const t0 = low + 0.5 * band;
        const steep = (Math.abs(dy) + 0.5) / r;
        const order = steep < 0.5 ? 1 : steep < 0.75 ? 2 : 5;
        const from = order === 5 ? 3 : order - 1;
        let f = 0;
        let e = 0;
        for (let q = from; q < from + order; q++) {
          const t = t0 + band * NODES[q]!;
          let h = Math.sqrt(r * r - t * t);
          // One point takes the mean chord of the band instead of the middle's.
          if (order === 1) h -= (band * band * r * r) / (24 * h * h * h);
          const a = Math.max(0, center - h);
          const b = Math.min(length, center + h);
          if (b <= a) continue;
          const i = a | 0;
          const j = Math.min(b | 0, length - 1);
          const w = WEIGHTS[q]! * band;
          f +=
            w *
            (imageSum[j]! +
              (b - j) * (imageSum[j + 1]! - imageSum[j]!) -
              imageSum[i]! -
              (a - i) * (imageSum[i + 1]! - imageSum[i]!));
          e +=
            w *
            (varianceSum[j]! +
              (b - j) * (varianceSum[j + 1]! - varianceSum[j]!) -
              varianceSum[i]! -
              (a - i) * (varianceSum[i + 1]! - varianceSum[i]!));
        }
        flux[offset + k]! += f;
        variance[offset + k]! += e;
      }
    }
  };
  return { sum };
}
