/** out[x] += Σ kernel[t]·(a_t[x] + b_t[x]) for two taps at a time. */
function addPairs(
  out: Float32Array,
  from: number,
  n: number,
  source: Float32Array,
  a: number,
  b: number,
  k: number,
  c: number,
  d: number,
  l: number,
): void {
  for (let x = 0; x < n; x++) {
    out[from + x]! += k * (source[a + x]! + source[b + x]!) + l * (source[c + x]! + source[d + x]!);
  }
}

/**
 * Correlates a plane with a symmetric separable kernel; pixels outside count as 0. Sums run in pairs about the middle tap,
 * which halves the multiplications.
 */
export function convolveSymmetric(
  source: Float32Array,
  width: number,
  height: number,
  kernelX: Float64Array,
  kernelY: Float64Array,
  out: Float32Array,
): void {
  const half = kernelX.length >> 1;
  // Rows are padded with zeros left and right, and `half` rows of zeros stand above and below.
  const stride = width + 2 * half;
  const padded = new Float32Array(stride);
  const across = new Float32Array(width * (height + 2 * half));
  const kx = (t: number): number => (t > half ? 0 : kernelX[half + t]!);
  const ky = (t: number): number => (t > half ? 0 : kernelY[half + t]!);
  for (let y = 0; y < height; y++) {
    padded.set(source.subarray(y * width, (y + 1) * width), half);
    const row = (y + half) * width;
    const k0 = kx(0);
    for (let x = 0; x < width; x++) across[row + x] = k0 * padded[x + half]!;
    for (let t = 1; t <= half; t += 2) {
      const u = Math.min(t + 1, half);
      addPairs(across, row, width, padded, half - t, half + t, kx(t), half - u, half + u, kx(t + 1));
    }
  }
  for (let y = 0; y < height; y++) {
    const to = y * width;
    const row = (y + half) * width;
    const k0 = ky(0);
    for (let x = 0; x < width; x++) out[to + x] = k0 * across[row + x]!;
    for (let t = 1; t <= half; t += 2) {
      const u = Math.min(t + 1, half) * width;
      const s = t * width;
      addPairs(out, to, width, across, row - s, row + s, ky(t), row - u, row + u, ky(t + 1));
    }
  }
}
