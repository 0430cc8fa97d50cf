import type { PsfStamp } from "@almagest/images";
import type { WorkPlanes } from "./work-planes.ts";

/** Sums of a stamp against the image about one position, over usable pixels: unmasked, and not zero. */
export interface PsfSums {
  /** Σφd, Σφ², Σφ²V. */
  phiData: number;
  phiPhi: number;
  phiPhiVariance: number;
  /** PSF flux and its variance when nothing else is near. */
  flux: number;
  variance: number;
  /** Share of Σφ² on usable pixels. */
  usable: number;
  /** Second moment beyond the PSF's, pixels² per axis, and its variance. */
  sizeExcess: number;
  sizeExcessVariance: number;
}

/**
 * Fits a stamp centred on pixel (middleX, middleY): f = Σφd/Σφ² with variance Σφ²V/(Σφ²)². When `withSize`, also fits
 * d = f·(φ + ½ s ∇²φ), linear in f and f·s: to first order s is the second moment that a source has beyond a point's (the
 * idea of SPREAD_MODEL, Desai et al. 2012, ApJ 757, 83, without a model of its own).
 */
export function sumPsf(
  planes: WorkPlanes,
  badBits: number,
  stamp: PsfStamp,
  middleX: number,
  middleY: number,
  withSize: boolean,
  out: PsfSums,
): void {
  const { width, height, image, variance, mask } = planes;
  const { size, data } = stamp;
  const half = size >> 1;
  const i0 = Math.max(0, half - middleX);
  const i1 = Math.min(size - 1, width - 1 - middleX + half);
  const j0 = Math.max(0, half - middleY);
  const j1 = Math.min(size - 1, height - 1 - middleY + half);
  let phiData = 0;
  let phiPhi = 0;
  let phiPhiVariance = 0;
  let all = 0;
  let bendData = 0;
  let bendBend = 0;
  let bendPhi = 0;
  let bendBendVariance = 0;
  let bendPhiVariance = 0;
  for (let k = 0; k < data.length; k++) all += data[k]! * data[k]!;
  for (let j = j0; j <= j1; j++) {
    const row = (middleY + j - half) * width + middleX - half;
    const line = j * size;
    for (let i = i0; i <= i1; i++) {
      const d = image[row + i]!;
      // Exactly 0 is what a neighbour's light leaves behind, and some of this source's went with it.
      if (d === 0 || (mask[row + i]! & badBits) !== 0) continue;
      const phi = data[line + i]!;
      const v = variance[row + i]!;
      phiData += phi * d;
      phiPhi += phi * phi;
      phiPhiVariance += phi * phi * v;
      if (withSize && i > 0 && i < size - 1 && j > 0 && j < size - 1) {
        const k = line + i;
        const bend = 0.5 * (data[k - 1]! + data[k + 1]! + data[k - size]! + data[k + size]! - 4 * phi);
        bendData += bend * d;
        bendBend += bend * bend;
        bendPhi += bend * phi;
        bendBendVariance += bend * bend * v;
        bendPhiVariance += bend * phi * v;
      }
    }
  }
  out.phiData = phiData;
  out.phiPhi = phiPhi;
  out.phiPhiVariance = phiPhiVariance;
  out.usable = phiPhi / all;
  const ok = phiPhi > 0;
  out.flux = ok ? phiData / phiPhi : NaN;
  out.variance = ok ? phiPhiVariance / (phiPhi * phiPhi) : NaN;
  out.sizeExcess = NaN;
  out.sizeExcessVariance = NaN;
  if (!withSize || !ok) return;
  const det = phiPhi * bendBend - bendPhi * bendPhi;
  const f = (bendBend * phiData - bendPhi * bendData) / det;
  const g = (phiPhi * bendData - bendPhi * phiData) / det;
  // Dividing by the point-source flux where the joint flux is noise keeps the ratio finite.
  out.sizeExcess = g / (f > 0 ? f : out.flux);
  const noise =
    phiPhi * phiPhi * bendBendVariance -
    2 * phiPhi * bendPhi * bendPhiVariance +
    bendPhi * bendPhi * phiPhiVariance;
  out.sizeExcessVariance = noise / (det * det * out.flux * out.flux);
}
