import { AlmagestError } from "@almagest/base";

/** A complex plane in two arrays, row-major. */
export interface ComplexPlane {
  readonly width: number;
  readonly height: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

const twiddles = new Map<number, { cos: Float64Array; sin: Float64Array; swap: Uint32Array }>();

/** Roots of unity and bit reversal of a power-of-two size, kept for the next call. */
function twiddlesOf(n: number): { cos: Float64Array; sin: Float64Array; swap: Uint32Array } {
  const known = twiddles.get(n);
  if (known) return known;
  if (n < 1 || (n & (n - 1)) !== 0) {
    throw new AlmagestError("KERNELS.NOT_POWER_OF_TWO", `${n} is no power of two; pad the data.`, {
      fields: { n },
    });
  }
  const cos = Float64Array.from({ length: n / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / n));
  const sin = Float64Array.from({ length: n / 2 }, (_, k) => -Math.sin((2 * Math.PI * k) / n));
  const swap = new Uint32Array(n);
  for (let i = 1; i < n; i++) swap[i] = (swap[i >> 1]! >> 1) | (i & 1 ? n >> 1 : 0);
  const made = { cos, sin, swap };
  twiddles.set(n, made);
  return made;
}

/** In-place transform of n values `stride` apart (Cooley–Tukey, radix 2). */
function transformLine(re: Float64Array, im: Float64Array, offset: number, stride: number, n: number): void {
  const { cos, sin, swap } = twiddlesOf(n);
  for (let i = 0; i < n; i++) {
    const j = swap[i]!;
    if (j <= i) continue;
    const a = offset + i * stride;
    const b = offset + j * stride;
    const r = re[a]!;
    const m = im[a]!;
    re[a] = re[b]!;
    im[a] = im[b]!;
    re[b] = r;
    im[b] = m;
  }
  for (let half = 1; half < n; half *= 2) {
    const step = n / (2 * half);
    for (let k = 0; k < half; k++) {
      const c = cos[k * step]!;
      const s = sin[k * step]!;
      for (let i = k; i < n; i += 2 * half) {
        const a = offset + i * stride;
        const b = a + half * stride;
        const tr = re[b]! * c - im[b]! * s;
        const ti = re[b]! * s + im[b]! * c;
        re[b] = re[a]! - tr;
        im[b] = im[a]! - ti;
        re[a]! += tr;
        im[a]! += ti;
      }
    }
  }
}

/**
 * 2-D Fourier transform in place; sides must be powers of two. `inverse` uses the conjugate kernel and divides by the
 * number of pixels. Throws `KERNELS.NOT_POWER_OF_TWO`.
 */
export function fft2d(plane: ComplexPlane, inverse = false): void {
  const { width, height } = plane;
  const re = inverse ? plane.im : plane.re;
  const im = inverse ? plane.re : plane.im;
  for (let y = 0; y < height; y++) transformLine(re, im, y * width, 1, width);
  for (let x = 0; x < width; x++) transformLine(re, im, x, width, height);
  if (!inverse) return;
  const scale = 1 / (width * height);
  for (let i = 0; i < re.length; i++) {
    re[i]! *= scale;
    im[i]! *= scale;
  }
}

/** A complex plane with the given real part and zeros beside it. */
export function createComplexPlane(width: number, height: number, real?: ArrayLike<number>): ComplexPlane {
  const re = new Float64Array(width * height);
  if (real) re.set(real);
  return { width, height, re, im: new Float64Array(width * height) };
}
