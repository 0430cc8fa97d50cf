import { openArena } from "../engine/arena.ts";
import { fillLanczos5, LANCZOS5_REACH } from "../lanczos5-weights.ts";

const TAPS = 2 * LANCZOS5_REACH + 1;
const wx = new Float64Array(TAPS);
const wy = new Float64Array(TAPS);

/** The fast `shiftCut`: a whole stamp in the module's memory. */
export function shiftCutStrips(
  stamp: Float32Array,
  size: number,
  half: number,
  dx: number,
  dy: number,
  out: Float32Array,
): void {
  const n = 2 * half + 1;
  const wide = n + TAPS - 1;
  const rounded = Math.ceil(n / 4) * 4;
  const doubles = 2 * TAPS + wide * (wide + rounded) + 8;
  const arena = openArena((stamp.length + n * n + 4) * 4 + doubles * 8, 3);
  const source = arena.floats(stamp.length);
  const scratch = arena.doubles(doubles);
  const target = arena.floats(n * n + 4);
  source.view.set(stamp);
  fillLanczos5(dx, wx);
  fillLanczos5(dy, wy);
  scratch.view.set(wx);
  scratch.view.set(wy, TAPS);
  // Four doubles between the two: the first sum reads a little past the last padded row.
  const padded = scratch.at + 2 * TAPS * 8;
  const across = padded + (wide * wide + 4) * 8;
  arena.kernels.shiftCutStamp(
    source.at,
    size,
    half,
    scratch.at,
    scratch.at + TAPS * 8,
    padded,
    across,
    target.at,
  );
  out.set(target.view.subarray(0, n * n));
}
