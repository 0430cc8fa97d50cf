/** Step of values that sit on a coarse grid (integers, say), from a sample; 0 where at least half of the values are distinct. */
function findStep(data: Float32Array): number {
  const stride = Math.max(1, Math.floor(data.length / 4096));
  const sample: number[] = [];
  for (let p = 0; p < data.length; p += stride) if (Number.isFinite(data[p]!)) sample.push(data[p]!);
  sample.sort((a, b) => a - b);
  let distinct = 0;
  let step = Infinity;
  for (let k = 1; k < sample.length; k++) {
    const gap = sample[k]! - sample[k - 1]!;
    // f32 rounding of a scaled integer is no step of its own.
    if (gap <= 4e-7 * Math.abs(sample[k]!)) continue;
    distinct++;
    step = Math.min(step, gap);
  }
  return distinct > 0 && distinct < 0.5 * sample.length ? step : 0;
}

/**
 * Pixels of a coarsely quantised image spread evenly over half a step to each side, by a hash of their place: the median of
 * whole numbers is a whole number, which is too coarse for a sky level when the noise is a few counts. Other images are
 * returned as they are.
 */
export function spreadQuantized(data: Float32Array): Float32Array {
  const step = findStep(data);
  if (step === 0) return data;
  const out = new Float32Array(data.length);
  for (let p = 0; p < data.length; p++) {
    let h = Math.imul(p ^ (p >>> 16), 0x7feb352d);
    h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
    out[p] = data[p]! + step * (((h ^ (h >>> 16)) >>> 0) / 2 ** 32 - 0.5);
  }
  return out;
}
