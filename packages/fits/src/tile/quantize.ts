import {
  DITHER_SEQUENCE,
  NULL_VALUE,
  startDither,
  type TileQuantization,
  wrapDither,
  ZERO_VALUE,
} from "./dither.ts";
import { estimateNoise, type NoiseScratch } from "./noise.ts";

/** Integers at the low end that keep a meaning of their own. */
const RESERVED_VALUES = 10;
const MAX_INTEGER = 2147483647;

/** How a tile is to be quantised. */
export interface QuantizeRequest {
  readonly level: number;
  readonly dither: 0 | 1 | 2;
  readonly ditherRow: number;
  readonly width: number;
  readonly scratch: NoiseScratch;
}

/**
 * Rounds a tile's floats to integers with a step of noise / level (or −level), choosing step and zero point as cfitsio does (White &
 * Greenfield 1999). Undefined when the tile cannot be quantised: constant, infinite or of too large a range; NaN becomes NULL_VALUE.
 */
export function quantizeTile(
  pixels: Float32Array | Float64Array,
  out: Int32Array,
  request: QuantizeRequest,
): TileQuantization | undefined {
  const { level, dither, ditherRow, width, scratch } = request;
  if (pixels.length <= 1) return undefined;
  const noise = estimateNoise(pixels, width, scratch);
  const empty = noise.good === 0;
  const [min, max] = empty ? [0, 1] : [noise.min, noise.max];
  const sigma = empty ? 1 : noise.sigma;
  const scale = level >= 0 ? sigma / (level === 0 ? 4 : level) : -level;
  const range = (max - min) / scale;
  // Written so that NaN, from infinite pixels, fails too.
  if (!(scale > 0 && range <= 2 * MAX_INTEGER - RESERVED_VALUES)) return undefined;
  const hasNaN = noise.good < pixels.length;
  let zero = min - scale * (NULL_VALUE + RESERVED_VALUES);
  if (!hasNaN && dither !== 2) {
    // A zero point that is a multiple of the step survives compressing again.
    if (range < MAX_INTEGER - RESERVED_VALUES) zero = Math.trunc(min / scale + 0.5) * scale;
    else zero = (min + max) / 2;
  }
  if (dither === 0) roundPlain(pixels, out, scale, zero);
  else roundDithered(pixels, out, { scale, zero, dither, ditherRow });
  return { scale, zero, dither, ditherRow, ...(hasNaN ? { blank: NULL_VALUE } : {}) };
}

function roundPlain(pixels: Float32Array | Float64Array, out: Int32Array, scale: number, zero: number): void {
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i]!;
    const level = (value - zero) / scale;
    out[i] = !Number.isNaN(value) ? (level >= 0 ? level + 0.5 : level - 0.5) : NULL_VALUE;
  }
}

function roundDithered(
  pixels: Float32Array | Float64Array,
  out: Int32Array,
  { scale, zero, dither, ditherRow }: TileQuantization,
): void {
  const walk = startDither(ditherRow);
  const keepZero = dither === 2;
  for (let done = 0; done < pixels.length; ) {
    const end = Math.min(pixels.length, done + DITHER_SEQUENCE.length - walk.index);
    for (let i = done, random = walk.index; i < end; i++, random++) {
      const value = pixels[i]!;
      if (Number.isNaN(value)) out[i] = NULL_VALUE;
      else if (keepZero && value === 0) out[i] = ZERO_VALUE;
      else {
        const level = (value - zero) / scale + DITHER_SEQUENCE[random]! - 0.5;
        out[i] = level >= 0 ? level + 0.5 : level - 0.5;
      }
    }
    done = end;
    wrapDither(walk);
  }
}
