import { flipKernel } from "../flip-kernel.ts";

const f = Math.fround;

/** The plain twin of `convolve`: f32 products added in f32, source rows and columns ascending; outside counts as 0. */
export function convolvePlain(
  src: Float32Array,
  width: number,
  height: number,
  kernel: Float32Array,
  size: number,
  dst: Float32Array,
): void {
  const half = size >> 1;
  const flipped = flipKernel(kernel);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let j = Math.max(0, half - y); j < size && y + j - half < height; j++) {
        const row = (y + j - half) * width;
        const last = Math.min(size, width + half - x);
        for (let i = Math.max(0, half - x); i < last; i++) {
          sum = f(sum + f(flipped[j * size + i]! * src[row + x + i - half]!));
        }
      }
      dst[y * width + x] = sum;
    }
  }
}

/** The plain twin of `convolveSeparableCleared`: a copy without those pixels, convolved. */
export function convolveSeparableClearedPlain(
  src: Float32Array,
  mask: Uint32Array,
  maskBits: number,
  width: number,
  height: number,
  kernelX: Float32Array,
  kernelY: Float32Array,
  dst: Float32Array,
): void {
  const clean = src.map((value, p) => (Number.isFinite(value) && (mask[p]! & maskBits) === 0 ? value : 0));
  convolveSeparablePlain(clean, width, height, kernelX, kernelY, dst);
}

/** The plain twin of `convolveSeparable`: rows first into an f32 plane, then columns. */
export function convolveSeparablePlain(
  src: Float32Array,
  width: number,
  height: number,
  kernelX: Float32Array,
  kernelY: Float32Array,
  dst: Float32Array,
): void {
  const flippedX = flipKernel(kernelX);
  const flippedY = flipKernel(kernelY);
  const halfX = kernelX.length >> 1;
  const halfY = kernelY.length >> 1;
  const rows = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      const last = Math.min(flippedX.length, width + halfX - x);
      for (let i = Math.max(0, halfX - x); i < last; i++) {
        sum = f(sum + f(flippedX[i]! * src[y * width + x + i - halfX]!));
      }
      rows[y * width + x] = sum;
    }
  }
  for (let y = 0; y < height; y++) {
    const last = Math.min(flippedY.length, height + halfY - y);
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let j = Math.max(0, halfY - y); j < last; j++) {
        sum = f(sum + f(flippedY[j]! * rows[(y + j - halfY) * width + x]!));
      }
      dst[y * width + x] = sum;
    }
  }
}
