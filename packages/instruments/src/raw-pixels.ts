import type { PixelArray } from "@almagest/fits";
import type { RawAmplifier } from "@almagest/images";

/** Pixels in one of the types a raw amplifier may have; other types become 32-bit floats. */
export function rawPixels(data: PixelArray): RawAmplifier["data"] {
  if (data instanceof Uint16Array || data instanceof Int16Array) return data;
  if (data instanceof Int32Array || data instanceof Float32Array) return data;
  const floats = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) floats[i] = Number(data[i]);
  return floats;
}
