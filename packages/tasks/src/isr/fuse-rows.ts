import type { Box } from "@almagest/images";
import { BAD, CROSSTALK, NO_DATA, SAT, SUSPECT, UNMASKEDNAN } from "../mask-bits.ts";
import type { PreparedAmplifier } from "./prepare-amplifier.ts";

/** Planes of the assembled detector that the pass writes, all of `bbox`. */
export interface DetectorPlanes {
  readonly bbox: Box;
  readonly image: Float32Array;
  readonly variance: Float32Array;
  readonly mask: Uint32Array;
}

/** What is taken out of the signal on the way; planes cover the detector's box. */
export interface FuseCorrections {
  readonly bias?: { readonly data: Float32Array; readonly variance: Float32Array };
  readonly dark?: { readonly data: Float32Array; readonly variance: Float32Array };
  readonly darkSec: number;
  readonly flat?: { readonly data: Float32Array; readonly variance: Float32Array };
  readonly minimumFlat: number;
  /** `crosstalk[i][j]`: fraction of amplifier j's signal to take from amplifier i; empty for none. */
  readonly crosstalk: readonly (readonly number[])[];
  readonly crosstalkMaskElectrons: number;
  readonly doVariance: boolean;
  readonly doSaturation: boolean;
  /** SUSPECT begins at this fraction of saturation; infinite for never. */
  readonly suspectFraction: number;
}

/** Reads readout row `r` of one amplifier into electrons, and its saturation bits. */
function readRow(
  amplifier: PreparedAmplifier,
  r: number,
  signal: Float32Array,
  bits: Uint8Array,
  offset: number,
  suspectFraction: number,
): void {
  const { raw, width, rawStepX, columnLevel, gain, saturationAdu } = amplifier;
  const data = raw.data;
  const level = amplifier.rowLevel[r]!;
  const suspectAdu = saturationAdu * suspectFraction;
  let at = amplifier.rawStart + r * amplifier.rawStepY;
  for (let c = 0; c < width; c++) {
    const adu = data[at]! - level - columnLevel[c]!;
    signal[offset + c] = adu * gain;
    bits[offset + c] = adu >= suspectAdu ? (adu >= saturationAdu ? 3 : 1) : 0;
    at += rawStepX;
  }
}

/** Takes Σ_j c_ij·B_j from each amplifier's row; the sources are the uncorrected rows (first order in c). */
function subtractCrosstalk(
  signal: Float32Array,
  corrected: Float32Array,
  bits: Uint8Array,
  width: number,
  coefficients: readonly (readonly number[])[],
  maskElectrons: number,
  correction: Float32Array,
): void {
  for (let i = 0; i < coefficients.length; i++) {
    const row = coefficients[i]!;
    const base = i * width;
    correction.fill(0);
    for (let j = 0; j < row.length; j++) {
      const c = row[j]!;
      if (j === i || c === 0) continue;
      const from = j * width;
      for (let k = 0; k < width; k++) correction[k] = correction[k]! + c * signal[from + k]!;
    }
    for (let k = 0; k < width; k++) {
      const value = correction[k]!;
      corrected[base + k] = signal[base + k]! - value;
      if (value > maskElectrons || value < -maskElectrons) bits[base + k] = bits[base + k]! | 4;
    }
  }
}

const bitTable = Uint32Array.from({ length: 8 }, (_, bits) => {
  const saturation = (bits & 2 ? SAT : 0) | (bits & 1 ? SUSPECT : 0);
  return saturation | (bits & 4 ? CROSSTALK : 0);
});

/** Writes one readout row onto the detector: bias, variance, dark, flat, and the mask. */
function writeRow(
  amplifier: PreparedAmplifier,
  r: number,
  signal: Float32Array,
  bits: Uint8Array,
  offset: number,
  planes: DetectorPlanes,
  corrections: FuseCorrections,
): void {
  const { image, variance, mask, bbox } = planes;
  const { bias, dark, flat, darkSec, minimumFlat, doVariance, doSaturation } = corrections;
  const { width, stepX, readVariance } = amplifier;
  const badBit = amplifier.bad ? BAD : 0;
  const keep = doSaturation ? 7 : 4;
  let to = (amplifier.y0 + r * amplifier.stepY - bbox.y0) * bbox.width + amplifier.x0 - bbox.x0;
  for (let c = 0; c < width; c++) {
    let value = signal[offset + c]!;
    let noise = readVariance;
    let planeBits = bitTable[bits[offset + c]! & keep]! | badBit;
    if (bias) {
      value -= bias.data[to]!;
      noise += bias.variance[to]!;
    }
    if (value > 0) noise += value;
    if (dark) {
      value -= dark.data[to]! * darkSec;
      noise += dark.variance[to]! * darkSec * darkSec;
    }
    if (flat) {
      const response = flat.data[to]!;
      if (response >= minimumFlat) {
        const inverse = 1 / response;
        value *= inverse;
        noise = (noise + value * value * flat.variance[to]!) * inverse * inverse;
      } else planeBits |= NO_DATA;
    }
    if (!(value - value === 0 && noise - noise === 0)) {
      value = Number.NaN;
      noise = Number.NaN;
      planeBits |= UNMASKEDNAN;
    }
    image[to] = value;
    if (doVariance) variance[to] = noise;
    mask[to] = planeBits;
    to += stepX;
  }
}

/**
 * The whole linear part of instrument signature removal in one sweep over readout rows, all amplifiers abreast so that
 * crosstalk finds the pixels read at the same moment in cache:
 * `e = gain·(raw − overscan) − Σ c·e_others`; `I = (e − bias − dark·t)/flat`;
 * `V = (max(e − bias, 0) + RN² + V_bias + V_dark·t² + I²·V_flat)/flat²`.
 */
export function fuseRows(
  amplifiers: readonly PreparedAmplifier[],
  planes: DetectorPlanes,
  corrections: FuseCorrections,
): void {
  const width = amplifiers.reduce((most, a) => Math.max(most, a.width), 0);
  const height = amplifiers.reduce((most, a) => Math.max(most, a.height), 0);
  const signal = new Float32Array(width * amplifiers.length);
  const corrected = new Float32Array(width * amplifiers.length);
  const correction = new Float32Array(width);
  const bits = new Uint8Array(width * amplifiers.length);
  const { crosstalk, crosstalkMaskElectrons, suspectFraction } = corrections;
  const hasCrosstalk = crosstalk.some((row) => row.some((c) => c !== 0));
  for (let r = 0; r < height; r++) {
    for (let i = 0; i < amplifiers.length; i++) {
      if (r < amplifiers[i]!.height) readRow(amplifiers[i]!, r, signal, bits, i * width, suspectFraction);
    }
    if (hasCrosstalk) {
      subtractCrosstalk(signal, corrected, bits, width, crosstalk, crosstalkMaskElectrons, correction);
    }
    const source = hasCrosstalk ? corrected : signal;
    for (let i = 0; i < amplifiers.length; i++) {
      if (r < amplifiers[i]!.height)
        writeRow(amplifiers[i]!, r, source, bits, i * width, planes, corrections);
    }
  }
}
