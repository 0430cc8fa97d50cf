// Scratch of one group of four pixels, a vector per input: values, variances, weights, kept, survivors, sorted.
const SLOT: usize = 64 * 16;

function sortColumn(sorted: usize, pairs: usize, pairCount: i32): void {
  const end = pairs + ((<usize>pairCount) << 2);
  for (let p = pairs; p < end; p += 4) {
    const a = sorted + <usize>load<u16>(p);
    const b = sorted + <usize>load<u16>(p, 2);
    const u = v128.load(a);
    const v = v128.load(b);
    v128.store(a, f32x4.pmin(u, v));
    v128.store(b, f32x4.pmax(u, v));
  }
}

/** Element count·numerator >> shift (less `back`) of each lane's own sorted column. */
function rankOf(sorted: usize, count: v128, numerator: i32, shift: i32, back: i32): v128 {
  const n0 = i32x4.extract_lane(count, 0);
  const n1 = i32x4.extract_lane(count, 1);
  const n2 = i32x4.extract_lane(count, 2);
  const n3 = i32x4.extract_lane(count, 3);
  const r0 = (<usize>((max(n0 - back, 0) * numerator) >> shift)) << 4;
  if (n0 === n1 && n0 === n2 && n0 === n3) return v128.load(sorted + r0);
  const r1 = (<usize>((max(n1 - back, 0) * numerator) >> shift)) << 4;
  const r2 = (<usize>((max(n2 - back, 0) * numerator) >> shift)) << 4;
  const r3 = (<usize>((max(n3 - back, 0) * numerator) >> shift)) << 4;
  let out = f32x4.splat(load<f32>(sorted + r0));
  out = f32x4.replace_lane(out, 1, load<f32>(sorted + r1, 4));
  out = f32x4.replace_lane(out, 2, load<f32>(sorted + r2, 8));
  return f32x4.replace_lane(out, 3, load<f32>(sorted + r3, 12));
}

/**
 * Stacks `bytes` (a multiple of 16) of pixels. `inputs` holds, per input, the pointers image, variance, mask (u32, 0
 * where absent) and the weight (f32). Pairs are u16 byte offsets of a sorting network. Outputs: image, variance, count
 * (i32), mask.
 */
export function stackChunk(
  inputs: usize,
  n: i32,
  bytes: usize,
  scratch: usize,
  pairs: usize,
  pairCount: i32,
  badBits: u32,
  clip: f32,
  rounds: i32,
  byVariance: bool,
  inverseVariance: bool,
  tolerance: f32,
  minCount: i32,
  clippedBits: u32,
  noDataBits: u32,
  fill: f32,
  outImage: usize,
  outVariance: usize,
  outCount: usize,
  outMask: usize,
): void {
  const zero = f32x4.splat(0);
  const none = i32x4.splat(0);
  const most = f32x4.splat(f32.MAX_VALUE);
  const infinite = f32x4.splat(f32.POSITIVE_INFINITY);
  const values = scratch;
  const variances = scratch + SLOT;
  const weights = scratch + 2 * SLOT;
  const kept = scratch + 3 * SLOT;
  const survivors = scratch + 4 * SLOT;
  const sorted = scratch + 5 * SLOT;
  const columnBytes = (<usize>n) << 4;
  for (let x: usize = 0; x < bytes; x += 16) {
    let count = none;
    for (let i: usize = 0; i < columnBytes; i += 16) {
      const pVariance = <usize>load<u32>(inputs + i, 4);
      const pMask = <usize>load<u32>(inputs + i, 8);
      const v = f32x4.add(v128.load(<usize>load<u32>(inputs + i) + x), zero);
      const variance = pVariance !== 0 ? v128.load(pVariance + x) : f32x4.splat(1);
      let good = v128.and(f32x4.le(f32x4.abs(v), most), f32x4.le(variance, most));
      good = v128.and(good, f32x4.gt(variance, zero));
      if (pMask !== 0)
        good = v128.and(good, i32x4.eq(v128.and(v128.load(pMask + x), i32x4.splat(badBits)), none));
      const weight = v128.load32_splat(inputs + i, 12);
      v128.store(values + i, v128.and(v, good));
      v128.store(variances + i, variance);
      v128.store(weights + i, inverseVariance ? f32x4.div(weight, variance) : weight);
      v128.store(kept + i, good);
      v128.store(sorted + i, v128.bitselect(v, infinite, good));
      count = i32x4.sub(count, good);
    }
    const found = count;
    let active = i32x4.ge_s(count, i32x4.splat(minCount));
    for (let round = 0; round < rounds && v128.any_true(active); round++) {
      let centre = zero;
      let spread = zero;
      if (round === 0) {
        sortColumn(sorted, pairs, pairCount);
        const low = rankOf(sorted, count, 1, 1, 1);
        centre = f32x4.mul(f32x4.add(low, rankOf(sorted, count, 1, 1, 0)), f32x4.splat(0.5));
        if (!byVariance) {
          const range = f32x4.sub(rankOf(sorted, count, 3, 2, 0), rankOf(sorted, count, 1, 2, 0));
          spread = f32x4.mul(f32x4.splat(0.7413), range);
        }
      } else {
        const number = f32x4.convert_i32x4_s(count);
        let sum = zero;
        for (let i: usize = 0; i < columnBytes; i += 16) {
          sum = f32x4.add(sum, v128.and(v128.load(values + i), v128.load(kept + i)));
        }
        centre = f32x4.div(sum, number);
        if (!byVariance) {
          let squares = zero;
          for (let i: usize = 0; i < columnBytes; i += 16) {
            const d = f32x4.sub(v128.load(values + i), centre);
            squares = f32x4.add(squares, v128.and(f32x4.mul(d, d), v128.load(kept + i)));
          }
          spread = f32x4.sqrt(f32x4.div(squares, number));
        }
      }
      const soft = f32x4.mul(f32x4.splat(tolerance), centre);
      const soft2 = f32x4.mul(soft, soft);
      const spread2 = f32x4.mul(spread, spread);
      let next = none;
      for (let i: usize = 0; i < columnBytes; i += 16) {
        const own = byVariance ? v128.load(variances + i) : spread2;
        const limit = f32x4.mul(f32x4.splat(clip), f32x4.sqrt(f32x4.add(own, soft2)));
        const distance = f32x4.abs(f32x4.sub(v128.load(values + i), centre));
        const out = v128.and(f32x4.gt(limit, zero), f32x4.gt(distance, limit));
        const stays = v128.andnot(v128.load(kept + i), out);
        v128.store(survivors + i, stays);
        next = i32x4.sub(next, stays);
      }
      // Lanes that lost nothing, or would lose everything, are settled.
      const changes = v128.and(active, v128.and(i32x4.lt_s(next, count), i32x4.gt_s(next, none)));
      if (v128.any_true(changes)) {
        for (let i: usize = 0; i < columnBytes; i += 16) {
          v128.store(kept + i, v128.bitselect(v128.load(survivors + i), v128.load(kept + i), changes));
        }
        count = v128.bitselect(next, count, changes);
      }
      active = v128.and(changes, i32x4.ge_s(count, i32x4.splat(minCount)));
    }
    let sum = zero;
    let total = zero;
    let noise = zero;
    let bits = v128.and(i32x4.splat(clippedBits), i32x4.lt_s(count, found));
    for (let i: usize = 0; i < columnBytes; i += 16) {
      const stays = v128.load(kept + i);
      const w = v128.load(weights + i);
      sum = f32x4.add(sum, v128.and(f32x4.mul(w, v128.load(values + i)), stays));
      total = f32x4.add(total, v128.and(w, stays));
      noise = f32x4.add(noise, v128.and(f32x4.mul(f32x4.mul(w, w), v128.load(variances + i)), stays));
      const pMask = <usize>load<u32>(inputs + i, 8);
      if (pMask !== 0) bits = v128.or(bits, v128.and(v128.load(pMask + x), stays));
    }
    const some = v128.and(i32x4.gt_s(count, none), f32x4.gt(total, zero));
    const empty = f32x4.splat(fill);
    v128.store(outImage + x, v128.bitselect(f32x4.div(sum, total), empty, some));
    v128.store(outVariance + x, v128.bitselect(f32x4.div(noise, f32x4.mul(total, total)), empty, some));
    v128.store(outCount + x, v128.and(count, some));
    v128.store(outMask + x, v128.or(bits, v128.andnot(i32x4.splat(noDataBits), some)));
  }
}
