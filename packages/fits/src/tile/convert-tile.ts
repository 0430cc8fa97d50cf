import type { StoredArray } from "../image/pixel-array.ts";
import { restoreFloats } from "./dither.ts";
import type { TileRequest, TileValues } from "./tile-codec.ts";
import type { TileEntry } from "./tile-index.ts";
import type { TileLayout } from "./tile-layout.ts";

/** What converting a tile needs besides its values. */
export interface ConvertContext {
  readonly layout: TileLayout;
  readonly entry: TileEntry;
  readonly request: TileRequest;
}

/** PLIO_1 holds 16-bit pixels with BZERO 32768 as their physical, never negative values. */
const PLIO_OFFSET = 32768;

/** Turns decoded values into stored pixels of the image's BITPIX: floats are scaled back, integers copied and held to their range. */
export function convertTile(values: TileValues, out: StoredArray, context: ConvertContext): void {
  const { layout, entry, request } = context;
  if (values.length !== out.length) request.fail(`it has ${values.length} pixels, not ${out.length}`);
  if (out instanceof Float32Array || out instanceof Float64Array) {
    if (values instanceof Float32Array || (values instanceof Float64Array && layout.codec.lossless))
      out.set(values);
    else if (entry.column !== "compressed" && values instanceof Float64Array) out.set(values);
    else if (values instanceof BigInt64Array) request.fail("it holds 64-bit integers for floats");
    else {
      const { scale, zero, blank, tile } = entry;
      const ditherRow = tile.index + layout.seed - 1;
      const { dither } = layout;
      restoreFloats(values, out, {
        scale,
        zero,
        dither,
        ditherRow,
        ...(blank === undefined ? {} : { blank }),
      });
    }
    return;
  }
  if (entry.scale !== 1 || entry.zero !== 0) request.fail("integers with ZSCALE or ZZERO are not read");
  if (out instanceof BigInt64Array || values instanceof BigInt64Array) {
    if (!(out instanceof BigInt64Array && values instanceof BigInt64Array))
      request.fail("its values do not have the size that ZBITPIX wants");
    else out.set(values);
    return;
  }
  const shift =
    layout.algorithm === "PLIO_1" && layout.bitpix === 16 && layout.bzero === PLIO_OFFSET ? PLIO_OFFSET : 0;
  if (values.constructor === out.constructor && shift === 0) out.set(values);
  else copyClamped(values as Int32Array, out, shift);
}

const RANGES: ReadonlyMap<number, readonly [number, number]> = new Map([
  [1, [0, 255]],
  [2, [-(2 ** 15), 2 ** 15 - 1]],
  [4, [-(2 ** 31), 2 ** 31 - 1]],
]);

/** Lossy HCOMPRESS_1 may pass the range of the pixel type by a little; such pixels take the nearest value. */
function copyClamped(
  values: Exclude<TileValues, BigInt64Array>,
  out: Uint8Array | Int16Array | Int32Array,
  shift: number,
): void {
  const [low, high] = RANGES.get(out.BYTES_PER_ELEMENT)!;
  for (let i = 0; i < values.length; i++) out[i] = Math.min(Math.max(values[i]! - shift, low), high);
}
