/** Length of the standard's random sequence. */
const RANDOM_COUNT = 10000;
/** Quantised values with a meaning of their own (FITS Standard 4.0, section 10.2). */
export const NULL_VALUE = -2147483647;
export const ZERO_VALUE = -2147483646;

/** The 10,000 random numbers of FITS Standard 4.0, appendix I (Park & Miller 1988), as 32-bit floats. */
export const DITHER_SEQUENCE: Float32Array = createSequence();

function createSequence(): Float32Array {
  const sequence = new Float32Array(RANDOM_COUNT);
  let seed = 1;
  for (let i = 0; i < RANDOM_COUNT; i++) {
    seed = (16807 * seed) % 2147483647;
    sequence[i] = seed / 2147483647;
  }
  return sequence;
}

/** How a tile's floats were, or are to be, quantised. */
export interface TileQuantization {
  readonly scale: number;
  readonly zero: number;
  /** 0 none; 1, 2: SUBTRACTIVE_DITHER_1, _2. */
  readonly dither: 0 | 1 | 2;
  /** Zero-based row of the tile plus ZDITHER0 − 1: where its random numbers begin. */
  readonly ditherRow: number;
  /** Integer that stands for undefined pixels, if any. */
  readonly blank?: number;
}

/** Walks the sequence as the standard wants: `index` begins at 500 times the number at `row`. */
interface DitherWalk {
  row: number;
  index: number;
}

/** Where the random numbers of a tile begin. */
export function startDither(ditherRow: number): DitherWalk {
  const row = ditherRow % RANDOM_COUNT;
  return { row, index: Math.trunc(DITHER_SEQUENCE[row]! * 500) };
}

/** Where the walk goes on when it reaches the end of the sequence. */
export function wrapDither(walk: DitherWalk): void {
  walk.row = (walk.row + 1) % RANDOM_COUNT;
  walk.index = Math.trunc(DITHER_SEQUENCE[walk.row]! * 500);
}

/** Turns quantised integers back into floats: (integer − random + 0.5) · scale + zero, NaN for blanks. */
export function restoreFloats(
  integers: Uint8Array | Int16Array | Int32Array | Float64Array,
  out: Float32Array | Float64Array,
  quantization: TileQuantization,
): void {
  const { scale, zero, dither } = quantization;
  const blank = quantization.blank ?? Number.NaN;
  if (dither === 0) {
    for (let i = 0; i < integers.length; i++) {
      const value = integers[i]!;
      out[i] = value === blank ? Number.NaN : value * scale + zero;
    }
    return;
  }
  const walk = startDither(quantization.ditherRow);
  const zeroValue = dither === 2 ? ZERO_VALUE : Number.NaN;
  let done = 0;
  while (done < integers.length) {
    const end = Math.min(integers.length, done + RANDOM_COUNT - walk.index);
    for (let i = done, random = walk.index; i < end; i++, random++) {
      const value = integers[i]!;
      if (value === blank) out[i] = Number.NaN;
      else if (value === zeroValue) out[i] = 0;
      else out[i] = (value - DITHER_SEQUENCE[random]! + 0.5) * scale + zero;
    }
    done = end;
    wrapDither(walk);
  }
}
