import { borrowFloats } from "@almagest/base";
import type { MaskedImage } from "@almagest/images";

/** The planes a measurement runs on: pixels count from the box's corner; the image is a private copy that may be changed. */
export interface WorkPlanes {
  readonly width: number;
  readonly height: number;
  readonly image: Float32Array;
  readonly variance: Float32Array;
  readonly mask: Uint32Array;
}

/** Whether all of `data[from … to−1]` is finite: a sum is finite exactly then (f32 values cannot overflow it). */
function isFiniteRow(data: Float32Array, from: number, to: number): boolean {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let p = from;
  for (; p + 3 < to; p += 4) {
    a += data[p]!;
    b += data[p + 1]!;
    c += data[p + 2]!;
    d += data[p + 3]!;
  }
  for (; p < to; p++) a += data[p]!;
  const sum = a + b + c + d;
  return sum - sum === 0;
}

function clearRow(data: Float32Array, from: number, to: number): void {
  for (let p = from; p < to; p++) if (!Number.isFinite(data[p]!)) data[p] = 0;
}

/** Whether no pixel of image and variance is NaN or infinite. */
export function isFiniteImage({ image, variance }: MaskedImage): boolean {
  return [image.data, variance.data].every((data) => {
    for (let from = 0; from < data.length; from += STRETCH) {
      if (!isFiniteRow(data, from, Math.min(data.length, from + STRETCH))) return false;
    }
    return true;
  });
}

/** Pixels that are summed at once. */
const STRETCH = 4096;

/** The planes themselves, for reading: only where {@link isFiniteImage} holds. */
export function readWorkPlanes(masked: MaskedImage): WorkPlanes {
  const { width, height } = masked.bbox;
  return {
    width,
    height,
    image: masked.image.data,
    variance: masked.variance.data,
    mask: masked.mask.data,
  };
}

/** Copies the image with non-finite pixels as 0; the variance is copied only where it has such pixels; the mask is shared. The image is borrowed: give it back. With `finite` the caller vouches that there are none. */
export function createWorkPlanes(
  masked: MaskedImage,
  finite = false,
): WorkPlanes & { readonly image: Float32Array<ArrayBuffer> } {
  const { width, height } = masked.bbox;
  const image = borrowFloats(width * height);
  image.set(masked.image.data);
  let variance = masked.variance.data;
  for (let from = 0; from < width * height && !finite; from += width) {
    const to = from + width;
    if (!isFiniteRow(image, from, to)) clearRow(image, from, to);
    if (isFiniteRow(variance, from, to)) continue;
    if (variance === masked.variance.data) variance = variance.slice();
    clearRow(variance, from, to);
  }
  return { width, height, image, variance, mask: masked.mask.data };
}
