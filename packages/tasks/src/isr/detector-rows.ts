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
    bits[offset + c] = adu >= suspectAdu ? (adu >= saturationAdu ? ROW_SATURATED : ROW_SUSPECT) : 0;
    at += rawStepX;
  }
}

const ROW_SUSPECT = 1;
const ROW_SATURATED = 2;
/** Row bit of pixels from which much crosstalk was taken. */
export const ROW_CROSSTALK = 4;
/** Row bit of pixels whose flat shows too little light; they are left undivided. */
const ROW_UNLIT = 8;
/** Mask bits for each combination of row bits. */
const bitTable = Uint32Array.from({ length: 16 }, (_, bits) => {
  const saturation = (bits & ROW_SATURATED ? SAT : 0) | (bits & ROW_SUSPECT ? SUSPECT : 0);
  return saturation | (bits & ROW_CROSSTALK ? CROSSTALK : 0) | (bits & ROW_UNLIT ? NO_DATA : 0);
});

/** A calibration frame's pixels and their variance. */
interface Frame {
  readonly data: Float32Array;
  readonly variance: Float32Array;
}

/** A frame that changes nothing, one row long: all pixels alike, without noise. */
function neutralRow(value: number, width: number): Frame {
  return { data: new Float32Array(width).fill(value), variance: new Float32Array(width) };
}

/** One frame as a row's loop walks it: where the row begins and how far pixels lie apart. */
function walk(frame: Frame | undefined, neutral: Frame, start: number, step: number) {
  return frame
    ? { data: frame.data, variance: frame.variance, at: start, step }
    : { data: neutral.data, variance: neutral.variance, at: 0, step: 1 };
}

/** Stand-ins for frames that are absent: nothing to subtract, nothing to divide by. */
export interface NeutralRows {
  readonly zero: Frame;
  readonly one: Frame;
}

/** Stand-ins for rows of up to `width` pixels. */
export function createNeutralRows(width: number): NeutralRows {
  return { zero: neutralRow(0, width), one: neutralRow(1, width) };
}

/**
 * Writes one readout row (electrons and row bits, beginning at `offset`) onto the detector: bias, variance, dark, flat
 * and mask in one loop. Frames that are absent are stood in for, so that the loop is one for all cases.
 */
export function writeRow(
  amplifier: PreparedAmplifier,
  r: number,
  row: Float32Array,
  bits: Uint8Array,
  offset: number,
  planes: DetectorPlanes,
  corrections: RowCorrections,
  neutral: NeutralRows,
): void {
  const { image, variance, mask, bbox } = planes;
  const { darkSec, minimumFlat, doVariance } = corrections;
  const { width, stepX, readVariance } = amplifier;
  const start = (amplifier.y0 + r * amplifier.stepY - bbox.y0) * bbox.width + amplifier.x0 - bbox.x0;
  const bias = walk(corrections.bias, neutral.zero, start, stepX);
  const dark = walk(corrections.dark, neutral.zero, start, stepX);
  const flat = walk(corrections.flat, neutral.one, start, stepX);
  const { data: biasData, variance: biasVariance, step: biasStep } = bias;
  const { data: darkData, variance: darkVariance, step: darkStep } = dark;
  const { data: flatData, variance: flatVariance, step: flatStep } = flat;
  const darkSecSquared = darkSec * darkSec;
  const end = offset + width;
  let b = bias.at;
  let d = dark.at;
  let f = flat.at;
  let to = start;
  let total = 0;
  let any = 0;
  for (let c = offset; c < end; c++) {
    let value = row[c]! - biasData[b]!;
    let noise = readVariance + biasVariance[b]! + (value > 0 ? value : 0);
    value -= darkData[d]! * darkSec;
    noise += darkVariance[d]! * darkSecSquared;
    const response = flatData[f]!;
    if (response >= minimumFlat) {
      const inverse = 1 / response;
      value *= inverse;
      noise = (noise + value * value * flatVariance[f]!) * inverse * inverse;
    } else bits[c] = bits[c]! | ROW_UNLIT;
    any |= bits[c]!;
    total += value + noise;
    image[to] = value;
    variance[to] = noise;
    to += stepX;
    b += biasStep;
    d += darkStep;
    f += flatStep;
  }
  const lowest = stepX > 0 ? start : start - width + 1;
  const badBit = amplifier.bad ? BAD : 0;
  mask.fill(badBit, lowest, lowest + width);
  // Most rows have no flagged pixel and no NaN (which would have made the total NaN), and need no second look.
  if (any !== 0 || total - total !== 0)
    flagRow(start, stepX, width, bits, offset, badBit, planes, corrections);
  if (!doVariance) variance.fill(0, lowest, lowest + width);
}

/** Writes the mask of a row that has flagged pixels or pixels that are not finite. */
function flagRow(
  start: number,
  step: number,
  width: number,
  bits: Uint8Array,
  offset: number,
  badBit: number,
  planes: DetectorPlanes,
  corrections: RowCorrections,
): void {
  const { image, variance, mask, saturated } = planes;
  let to = start;
  for (let c = offset; c < offset + width; c++) {
    const sum = image[to]! + variance[to]!;
    const kept = bits[c]! & corrections.keepBits;
    if ((kept & ROW_SATURATED) !== 0) saturated.push(to);
    mask[to] = bitTable[kept]! | badBit | (sum - sum === 0 ? 0 : UNMASKEDNAN);
    to += step;
  }
}
