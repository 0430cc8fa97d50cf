import { checkPlane } from "./check-plane.ts";
import { calibrateRowsStrips } from "./strips/calibrate-rows-strips.ts";

/** A combined calibration frame: its pixels and their variance, both planes of the detector. */
export interface CalibrationPlanes {
  readonly data: Float32Array;
  readonly variance: Float32Array;
}

/** Rows of one amplifier in readout order, `stride` apart, and where they land on the detector. */
export interface ReadoutRows {
  /** Electrons. */
  readonly signal: Float32Array;
  /** Row bits of the pixels, below 128. `unlitBit` is added where the flat is too dark. */
  readonly bits: Uint8Array;
  readonly stride: number;
  readonly width: number;
  readonly count: number;
  /** Detector index of the lowest pixel of the first row, and from there to the next row's. */
  readonly at: number;
  readonly step: number;
  /** Whether readout runs against the detector's x. */
  readonly flip: boolean;
  /** Variance of reading one pixel, electrons squared. */
  readonly readVariance: number;
}

/** The detector's planes: calibration frames (each may be absent) and what is written. */
export interface CalibratedPlanes {
  readonly image: Float32Array;
  readonly variance: Float32Array;
  readonly bias?: CalibrationPlanes;
  readonly dark?: CalibrationPlanes;
  readonly darkSec: number;
  readonly flat?: CalibrationPlanes;
  /** Pixels with less response than this are left undivided, and get `unlitBit`. */
  readonly minimumFlat: number;
  readonly unlitBit: number;
}

/** In what {@link calibrateRows} says of a row: some pixel's result is not finite. */
export const ROW_NOT_FINITE = 128;

/**
 * Bias, dark and flat of readout rows that become detector rows, in f64 and rounded once: `e = signal − bias`,
 * `I = (e − dark·t)/flat`, `V = (max(e, 0) + readVariance + V_bias + V_dark·t² + I²·V_flat)/flat²`. Gives for each row
 * the bits that occur in it, with {@link ROW_NOT_FINITE}. Throws `KERNELS.SIZE_MISMATCH` where rows leave a plane.
 */
export function calibrateRows(rows: ReadoutRows, planes: CalibratedPlanes): Uint8Array {
  const { count, stride, width, at, step } = rows;
  if (count === 0) return new Uint8Array(0);
  const last = at + (count - 1) * step;
  const outside = Math.min(at, last) < 0 || width > stride;
  const needed = outside ? Number.POSITIVE_INFINITY : Math.max(at, last) + width;
  const { image, variance, bias, dark, flat } = planes;
  const all = { image, variance, bias, dark, flat };
  for (const [name, plane] of Object.entries(all)) {
    for (const part of plane === undefined ? [] : "data" in plane ? [plane.data, plane.variance] : [plane]) {
      if (part.length < needed) checkPlane(name, part, needed, 1);
    }
  }
  if (rows.signal.length < count * stride) checkPlane("signal", rows.signal, stride, count);
  if (rows.bits.length < count * stride) checkPlane("bits", rows.bits, stride, count);
  return calibrateRowsStrips(rows, planes);
}
