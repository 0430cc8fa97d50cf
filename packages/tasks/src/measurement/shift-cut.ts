import type { PsfStamp } from "@almagest/images";
import { shiftCut as shiftCutInto } from "@almagest/kernels";

/**
 * A square stamp cut to `half` pixels about its middle and moved by (dx, dy), zeros outside, with a Lanczos-5 kernel; written
 * into `into` where that is given.
 */
export function shiftCut(
  { size, data }: PsfStamp,
  half: number,
  dx: number,
  dy: number,
  into?: Float32Array,
): PsfStamp {
  const side = 2 * half + 1;
  const out = into ?? new Float32Array(side * side);
  shiftCutInto(data, size, half, dx, dy, out);
  return { size: side, data: out };
}
