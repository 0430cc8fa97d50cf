/** A magnitude zero point: AB magnitude = zeroPoint − 2.5 log10(instrumental flux). */
export interface ZeroPoint {
  readonly zeroPoint: number;
  /** Standard error of the zero point, magnitudes. */
  readonly error: number;
  /** Robust scatter of the kept stars, magnitudes. */
  readonly scatter: number;
  /** Stars kept and stars offered. */
  readonly used: number;
  readonly offered: number;
  /** 1 for each offered star that was kept. */
  readonly kept: Uint8Array;
}

/** Stars seen in both: instrumental flux and error, reference flux (nJy) and error. */
export interface FluxPairs {
  readonly flux: Float64Array;
  readonly fluxErr: Float64Array;
  readonly referenceFlux: Float64Array;
  readonly referenceFluxErr: Float64Array;
}

const MAG_PER_LN = 2.5 / Math.LN10;
/** AB magnitude of 1 nJy. */
const AB_OF_NANOJANSKY = 31.4;

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Start of the clipping: the fullest 0.1-magnitude bin of all offsets, so that many wrong matches do not pull it. */
function modeOf(values: number[]): number {
  const bins = new Map<number, number>();
  let best = 0;
  let bestCount = 0;
  for (const value of values) {
    for (const bin of [Math.floor(value / 0.1), Math.floor(value / 0.1) + 1]) {
      const count = (bins.get(bin) ?? 0) + 1;
      bins.set(bin, count);
      if (count > bestCount || (count === bestCount && bin < best)) [best, bestCount] = [bin, count];
    }
  }
  return best * 0.1;
}

/**
 * Zero point from matched stars: starts at the mode of the offsets, clips at 3·min(0.741·IQR, 0.25 mag) with a floor of
 * 0.01 mag as photoCal does, up to 20 rounds, then takes the mean weighted by flux errors and the scatter left over.
 * Undefined with fewer than `minimum` stars.
 */
export function fitZeroPoint(pairs: FluxPairs, minimum = 3): ZeroPoint | undefined {
  const n = pairs.flux.length;
  const offset = new Float64Array(n);
  const variance = new Float64Array(n);
  const valid: number[] = [];
  for (let i = 0; i < n; i++) {
    const flux = pairs.flux[i]!;
    const reference = pairs.referenceFlux[i]!;
    if (!(flux > 0) || !(reference > 0)) continue;
    offset[i] = AB_OF_NANOJANSKY - 2.5 * Math.log10(reference) + 2.5 * Math.log10(flux);
    variance[i] =
      (MAG_PER_LN * (pairs.fluxErr[i]! / flux)) ** 2 +
      (MAG_PER_LN * (pairs.referenceFluxErr[i]! / reference)) ** 2;
    if (Number.isFinite(offset[i]!) && Number.isFinite(variance[i]!)) valid.push(i);
  }
  if (valid.length < minimum) return undefined;
  let center = modeOf(valid.map((i) => offset[i]!));
  let kept = valid.filter((i) => Math.abs(offset[i]! - center) < 0.5);
  if (kept.length < minimum) kept = valid;
  for (let round = 0; round < 20; round++) {
    const values = kept.map((i) => offset[i]!);
    center = median(values);
    const deviation = median(values.map((value) => Math.abs(value - center)));
    const limit = 3 * Math.min(Math.max(1.4826 * deviation, 0.01), 0.25);
    const next = valid.filter((i) => Math.abs(offset[i]! - center) <= limit);
    if (next.length < minimum) break;
    const same = next.length === kept.length && next.every((i, k) => i === kept[k]);
    kept = next;
    if (same) break;
  }
  const scatter = 1.4826 * median(kept.map((i) => Math.abs(offset[i]! - center)));
  let sum = 0;
  let weight = 0;
  for (const i of kept) {
    const w = 1 / (variance[i]! + scatter * scatter + 1e-6);
    sum += w * offset[i]!;
    weight += w;
  }
  const flags = new Uint8Array(n);
  for (const i of kept) flags[i] = 1;
  return {
    zeroPoint: sum / weight,
    error: Math.sqrt(1 / weight),
    scatter,
    used: kept.length,
    offered: valid.length,
    kept: flags,
  };
}

/** nJy of one instrumental unit for a zero point. */
export function nanojanskyPerUnit(zeroPoint: number): number {
  return 10 ** ((AB_OF_NANOJANSKY - zeroPoint) / 2.5);
}
