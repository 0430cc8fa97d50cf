/** Copies the usable pixels of a box to `out` in raster order, padded with NaN to a whole vector; returns how many. */
export function gatherBox(
  data: usize,
  mask: usize,
  bits: u32,
  stride: usize,
  width: i32,
  height: i32,
  out: usize,
): i32 {
  const most = f32x4.splat(f32.MAX_VALUE);
  const wanted = i32x4.splat(bits);
  const zero = i32x4.splat(0);
  let q = out;
  for (let y = 0; y < height; y++) {
    let x = 0;
    for (; x + 4 <= width; x += 4) {
      const at = (<usize>x) << 2;
      const v = v128.load(data + at);
      let good = f32x4.le(f32x4.abs(v), most);
      if (mask !== 0) good = v128.and(good, i32x4.eq(v128.and(v128.load(mask + at), wanted), zero));
      if (i32x4.all_true(good)) {
        v128.store(q, v);
        q += 16;
      } else if (v128.any_true(good)) {
        for (let lane: usize = 0; lane < 16; lane += 4)
          q = keepPixel(data + at + lane, mask, at + lane, bits, q);
      }
    }
    for (; x < width; x++) {
      const at = (<usize>x) << 2;
      q = keepPixel(data + at, mask, at, bits, q);
    }
    data += stride;
    if (mask !== 0) mask += stride;
  }
  v128.store(q, f32x4.splat(f32.NaN));
  return <i32>((q - out) >> 2);
}

function keepPixel(pixel: usize, mask: usize, at: usize, bits: u32, q: usize): usize {
  const value = load<f32>(pixel);
  if (!(Mathf.abs(value) <= f32.MAX_VALUE)) return q;
  if (mask !== 0 && (load<u32>(mask + at) & bits) !== 0) return q;
  store<f32>(q, value);
  return q + 4;
}

/** Sum and sum of squares (f64, to `out`) of value − pivot for values in [lo, hi]; returns how many. */
export function windowMoments(values: usize, count: i32, lo: f32, hi: f32, pivot: f32, out: usize): i32 {
  const low = f32x4.splat(lo);
  const high = f32x4.splat(hi);
  const middle = f32x4.splat(pivot);
  let kept = i32x4.splat(0);
  let sumA = f64x2.splat(0);
  let sumB = f64x2.splat(0);
  let squareA = f64x2.splat(0);
  let squareB = f64x2.splat(0);
  const end = values + ((<usize>count) << 2);
  for (let p = values; p < end; p += 16) {
    const v = v128.load(p);
    const inside = v128.and(f32x4.ge(v, low), f32x4.le(v, high));
    const d = v128.and(f32x4.sub(v, middle), inside);
    kept = i32x4.sub(kept, inside);
    const a = f64x2.promote_low_f32x4(d);
    const b = f64x2.promote_low_f32x4(i64x2.shuffle(d, d, 1, 0));
    sumA = f64x2.add(sumA, a);
    sumB = f64x2.add(sumB, b);
    squareA = f64x2.add(squareA, f64x2.mul(a, a));
    squareB = f64x2.add(squareB, f64x2.mul(b, b));
  }
  const sum = f64x2.add(sumA, sumB);
  const square = f64x2.add(squareA, squareB);
  store<f64>(out, f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
  store<f64>(out, f64x2.extract_lane(square, 0) + f64x2.extract_lane(square, 1), 8);
  return (
    i32x4.extract_lane(kept, 0) +
    i32x4.extract_lane(kept, 1) +
    i32x4.extract_lane(kept, 2) +
    i32x4.extract_lane(kept, 3)
  );
}

/** Bin of each value in [lo, hi], `outside` for the others; bins ascend with value. */
function binsOf(v: v128, low: v128, high: v128, scale: v128, last: v128, outside: v128): v128 {
  const inside = v128.and(f32x4.ge(v, low), f32x4.le(v, high));
  const bin = i32x4.min_s(i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.sub(v, low), scale)), last);
  return v128.bitselect(bin, outside, inside);
}

function countOne(bins: usize, bin: i32): void {
  const at = bins + ((<usize>bin) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** Counts values in [lo, hi] in `last` + 1 bins (u32, cleared first); one more bin takes what is outside. */
export function countBins(
  values: usize,
  count: i32,
  lo: f32,
  hi: f32,
  scale: f32,
  bins: usize,
  last: i32,
): void {
  memory.fill(bins, 0, (<usize>(last + 2)) << 2);
  const low = f32x4.splat(lo);
  const high = f32x4.splat(hi);
  const factor = f32x4.splat(scale);
  const most = i32x4.splat(last);
  const outside = i32x4.splat(last + 1);
  const end = values + ((<usize>count) << 2);
  for (let p = values; p < end; p += 16) {
    const four = binsOf(v128.load(p), low, high, factor, most, outside);
    countOne(bins, i32x4.extract_lane(four, 0));
    countOne(bins, i32x4.extract_lane(four, 1));
    countOne(bins, i32x4.extract_lane(four, 2));
    countOne(bins, i32x4.extract_lane(four, 3));
  }
}

/** Copies the values whose bin is first … final to `out`; returns how many. */
export function collectBins(
  values: usize,
  count: i32,
  lo: f32,
  hi: f32,
  scale: f32,
  last: i32,
  first: i32,
  final: i32,
  out: usize,
): i32 {
  const low = f32x4.splat(lo);
  const high = f32x4.splat(hi);
  const factor = f32x4.splat(scale);
  const most = i32x4.splat(last);
  const outside = i32x4.splat(last + 1);
  let q = out;
  const end = values + ((<usize>count) << 2);
  for (let p = values; p < end; p += 16) {
    const four = binsOf(v128.load(p), low, high, factor, most, outside);
    const wanted = v128.and(i32x4.ge_s(four, i32x4.splat(first)), i32x4.le_s(four, i32x4.splat(final)));
    let lanes = i32x4.bitmask(wanted);
    while (lanes !== 0) {
      store<f32>(q, load<f32>(p + ((<usize>ctz(lanes)) << 2)));
      q += 4;
      lanes &= lanes - 1;
    }
  }
  return <i32>((q - out) >> 2);
}
