import type { Box } from "@almagest/images";
import { BAD, CROSSTALK, NO_DATA, SAT, SUSPECT, UNMASKEDNAN } from "../mask-bits.ts";
import type { PreparedAmplifier } from "./prepare-amplifier.ts";

/** Planes of the assembled detector that the pass writes, all of `bbox`. */
export interface DetectorPlanes {
  readonly bbox: Box;
  readonly image: Float32Array;
  readonly variance: Float32Array;
  readonly mask: Uint32Array;
  /** Indices of pixels that were flagged SAT, in the order they were met. */
  readonly saturated: number[];
}

/** What is taken out of the signal on the way; planes cover the detector's box. */
export interface RowCorrections {
  readonly bias?: { readonly data: Float32Array; readonly variance: Float32Array };
  readonly dark?: { readonly data: Float32Array; readonly variance: Float32Array };
  readonly darkSec: number;
  readonly flat?: { readonly data: Float32Array; readonly variance: Float32Array };
  readonly minimumFlat: number;
  readonly doVariance: boolean;
  /** Which of the row bits (see bitTable) reach the mask. */
  readonly keepBits: number;
  /** SUSPECT begins at this fraction of saturation; infinite for never. */
  readonly suspectFraction: number;
}

/** Reads readout row `r` of one amplifier into electrons, and its saturation bits. */
export function readRow(
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
    bits[offset + c] = adu >= suspectAdu ? (adu >= saturationAdu ? 2 : 1) : 0;
    at += rawStepX;
  }
}

/** Row bit of pixels from which much crosstalk was taken. */
export const ROW_CROSSTALK = 4;
/** Mask bits for the row bits 1 (suspect), 2 (saturated), 4 (much crosstalk), 8 (no light). */
const bitTable = Uint32Array.from({ length: 16 }, (_, bits) => {
  const saturation = (bits & 2 ? SAT : 0) | (bits & 1 ? SUSPECT : 0);
  return saturation | (bits & 4 ? CROSSTALK : 0) | (bits & 8 ? NO_DATA : 0);
});

/** A calibration frame's pixels and their variance. */
type Frame = { readonly data: Float32Array; readonly variance: Float32Array };

/** Subtracts scale × frame from one row and adds its variance; `to` and `step` walk the detector's planes. */
function subtractFrame(
  row: Float32Array,
  noise: Float32Array,
  offset: number,
  width: number,
  frame: Frame,
  scale: number,
  to: number,
  step: number,
): void {
  const { data, variance } = frame;
  const scaleSquared = scale * scale;
  for (let c = 0; c < width; c++) {
    row[offset + c] = row[offset + c]! - data[to]! * scale;
    noise[c] = noise[c]! + variance[to]! * scaleSquared;
    to += step;
  }
}

/** Divides one row by the flat; pixels with less than `minimum` light are left undivided and flagged. */
function divideFlat(
  row: Float32Array,
  noise: Float32Array,
  bits: Uint8Array,
  offset: number,
  width: number,
  flat: Frame,
  minimum: number,
  to: number,
  step: number,
): void {
  const { data, variance } = flat;
  for (let c = 0; c < width; c++) {
    const response = data[to]!;
    if (response >= minimum) {
      const inverse = 1 / response;
      const value = row[offset + c]! * inverse;
      row[offset + c] = value;
      noise[c] = (noise[c]! + value * value * variance[to]!) * inverse * inverse;
    } else bits[offset + c] = bits[offset + c]! | 8;
    to += step;
  }
}

/** Writes one readout row onto the detector: bias, variance, dark, flat, and the mask. */
export function writeRow(
  amplifier: PreparedAmplifier,
  r: number,
  row: Float32Array,
  noise: Float32Array,
  bits: Uint8Array,
  offset: number,
  planes: DetectorPlanes,
  corrections: RowCorrections,
): void {
  const { image, variance, mask, bbox } = planes;
  const { bias, dark, flat, darkSec } = corrections;
  const { width, stepX } = amplifier;
  const start = (amplifier.y0 + r * amplifier.stepY - bbox.y0) * bbox.width + amplifier.x0 - bbox.x0;
  noise.fill(amplifier.readVariance);
  if (bias) subtractFrame(row, noise, offset, width, bias, 1, start, stepX);
  for (let c = 0; c < width; c++) noise[c] = noise[c]! + Math.max(row[offset + c]!, 0);
  if (dark) subtractFrame(row, noise, offset, width, dark, darkSec, start, stepX);
  if (flat) {
    divideFlat(row, noise, bits, offset, width, flat, corrections.minimumFlat, start, stepX);
  }
  const badBit = amplifier.bad ? BAD : 0;
  const { keepBits, doVariance } = corrections;
  let to = start;
  let total = 0;
  let any = 0;
  for (let c = 0; c < width; c++) {
    const value = row[offset + c]!;
    const v = doVariance ? noise[c]! : 0;
    total += value + v;
    any |= bits[offset + c]!;
    image[to] = value;
    variance[to] = v;
    mask[to] = badBit;
    to += stepX;
  }
  // Most rows have no flagged pixel and no NaN (which would have made the total NaN), and are done.
  if (any === 0 && total - total === 0) return;
  to = start;
  for (let c = 0; c < width; c++) {
    const sum = row[offset + c]! + noise[c]!;
    const kept = bits[offset + c]! & keepBits;
    if ((kept & 2) !== 0) planes.saturated.push(to);
    mask[to] = bitTable[kept]! | badBit | (sum - sum === 0 ? 0 : UNMASKEDNAN);
    to += stepX;
  }
}
