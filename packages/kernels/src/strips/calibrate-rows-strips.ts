import type { CalibratedPlanes, CalibrationPlanes, ReadoutRows } from "../calibrate-rows.ts";
import { type Arena, openArena } from "../engine/arena.ts";

/** Room before a block that runs backwards, so that the last pair of an odd row may begin outside. */
const LEAD = 4;

/** Carries rows of one frame into the module; an absent one is a row of `value` without noise. */
function placeFrame(arena: Arena, frame: CalibrationPlanes | undefined, width: number, value: number) {
  const data = arena.floats(width + 1);
  const variance = arena.floats(width + 1);
  data.view.fill(value);
  variance.view.fill(0);
  return {
    data: data.at,
    variance: variance.at,
    load(at: number): void {
      if (frame === undefined) return;
      data.view.set(frame.data.subarray(at, at + width));
      variance.view.set(frame.variance.subarray(at, at + width));
    },
  };
}

/** The fast `calibrateRows`: row by row through the module's memory. */
export function calibrateRowsStrips(rows: ReadoutRows, planes: CalibratedPlanes): Uint8Array {
  const { signal, bits, stride, width, count, step, flip, readVariance } = rows;
  const arena = openArena((width + LEAD + 1) * 4 * 10);
  const signalRow = arena.floats(width + LEAD + 1);
  const bitRow = arena.bytes(width + LEAD + 1);
  signalRow.view.fill(0);
  const bias = placeFrame(arena, planes.bias, width, 0);
  const dark = placeFrame(arena, planes.dark, width, 0);
  const flat = placeFrame(arena, planes.flat, width, 1);
  const imageRow = arena.floats(width + 1);
  const varianceRow = arena.floats(width + 1);
  const imageView = imageRow.view.subarray(0, width);
  const varianceView = varianceRow.view.subarray(0, width);
  const bitView = bitRow.view.subarray(LEAD, LEAD + width);
  const found = new Uint8Array(count);
  for (let r = 0; r < count; r++) {
    const from = r * stride;
    const at = rows.at + r * step;
    signalRow.view.set(signal.subarray(from, from + width), LEAD);
    bitView.set(bits.subarray(from, from + width));
    bias.load(at);
    dark.load(at);
    flat.load(at);
    found[r] = arena.kernels.calibrateRow(
      signalRow.at + LEAD * 4,
      bitRow.at + LEAD,
      bias.data,
      bias.variance,
      dark.data,
      dark.variance,
      flat.data,
      flat.variance,
      imageRow.at,
      varianceRow.at,
      width,
      flip ? 1 : 0,
      planes.darkSec,
      planes.minimumFlat,
      readVariance,
      planes.unlitBit,
    );
    planes.image.set(imageView, at);
    planes.variance.set(varianceView, at);
    if ((found[r]! & planes.unlitBit) !== 0) bits.set(bitView, from);
  }
  return found;
}
