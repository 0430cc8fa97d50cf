import type { Box } from "@almagest/images";
import { type CalibrationPlanes, calibrateRows } from "@almagest/kernels";
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
  readonly bias?: CalibrationPlanes;
  readonly dark?: CalibrationPlanes;
  readonly darkSec: number;
  readonly flat?: CalibrationPlanes;
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

/**
 * Writes readout rows `first` … `first + count − 1` of one amplifier (electrons and row bits, `stride` apart) onto the
 * detector: bias, variance, dark, flat and mask.
 */
export function writeRows(
  amplifier: PreparedAmplifier,
  first: number,
  count: number,
  rows: { readonly signal: Float32Array; readonly bits: Uint8Array; readonly stride: number },
  planes: DetectorPlanes,
  corrections: RowCorrections,
): void {
  const { image, variance, mask, bbox } = planes;
  const { width, stepX, readVariance } = amplifier;
  const leftmost = amplifier.x0 - bbox.x0 - (stepX > 0 ? 0 : width - 1);
  const at = (amplifier.y0 + first * amplifier.stepY - bbox.y0) * bbox.width + leftmost;
  const step = amplifier.stepY * bbox.width;
  const found = calibrateRows(
    { ...rows, width, count, at, step, flip: stepX < 0, readVariance },
    { ...corrections, image, variance, unlitBit: ROW_UNLIT },
  );
  const badBit = amplifier.bad ? BAD : 0;
  for (let r = 0; r < count; r++) {
    const lowest = at + r * step;
    mask.fill(badBit, lowest, lowest + width);
    // Most rows have no flagged pixel and no NaN, and need no second look.
    if (found[r] !== 0) {
      const start = stepX > 0 ? lowest : lowest + width - 1;
      flagRow(start, stepX, width, rows.bits, r * rows.stride, badBit, planes, corrections);
    }
    if (!corrections.doVariance) variance.fill(0, lowest, lowest + width);
  }
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
