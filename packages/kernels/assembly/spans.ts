/**
 * Writes y, first x, last x (i32) of every run of pixels above threshold to `out`; returns the number of runs. `levels`,
 * `variance`, `mask` are 0 where absent.
 */
export function findRuns(
  image: usize,
  levels: usize,
  level: f32,
  variance: usize,
  mask: usize,
  bits: u32,
  negative: bool,
  width: i32,
  rows: i32,
  firstRow: i32,
  out: usize,
): i32 {
  let q = out;
  for (let y = 0; y < rows; y++) {
    let start = -1;
    const offset = (<usize>(y * width)) << 2;
    for (let x = 0; x < width; x += 16) {
      const size = min(16, width - x);
      let above: u32 = 0;
      const at = offset + ((<usize>x) << 2);
      for (let k = 0; k < size; k += 4) {
        const p = at + ((<usize>k) << 2);
        above |= aboveFour(image, levels, level, variance, mask, bits, negative, p) << k;
      }
      above &= (1 << size) - 1;
      // Walk the edges between runs and gaps.
      let edges = above ^ ((above << 1) | (start >= 0 ? 1 : 0));
      edges &= (1 << size) - 1;
      while (edges !== 0) {
        const edge = <i32>ctz(edges);
        if (start < 0) start = x + edge;
        else {
          q = storeRun(q, firstRow + y, start, x + edge - 1);
          start = -1;
        }
        edges &= edges - 1;
      }
    }
    if (start >= 0) q = storeRun(q, firstRow + y, start, width - 1);
  }
  return <i32>((q - out) / 12);
}

/** One bit per pixel above its threshold; may read up to 12 bytes beyond the last pixel. */
function aboveFour(
  image: usize,
  levels: usize,
  level: f32,
  variance: usize,
  mask: usize,
  bits: u32,
  negative: bool,
  p: usize,
): u32 {
  let limit = levels === 0 ? f32x4.splat(level) : v128.load(levels + p);
  if (variance !== 0) limit = f32x4.mul(limit, f32x4.sqrt(v128.load(variance + p)));
  const v = v128.load(image + p);
  let above = f32x4.gt(negative ? f32x4.neg(v) : v, limit);
  if (mask !== 0) {
    above = v128.and(above, i32x4.eq(v128.and(v128.load(mask + p), i32x4.splat(bits)), i32x4.splat(0)));
  }
  return i32x4.bitmask(above);
}

function storeRun(q: usize, y: i32, x0: i32, x1: i32): usize {
  store<i32>(q, y);
  store<i32>(q, x0, 4);
  store<i32>(q, x1, 8);
  return q + 12;
}
