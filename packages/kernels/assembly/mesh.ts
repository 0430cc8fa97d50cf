/** Adds to each pixel `sign` × a cubic, run by run (sign 0: stores the cubic instead), all in f64, rounded once. */
export function applyRuns(data: usize, runs: usize, count: i32, sign: i32): void {
  const end = runs + <usize>count * 48;
  let p = data;
  for (let run = runs; run < end; run += 48) {
    const pixels = load<i32>(run);
    const a = load<f64>(run, 8);
    const b = load<f64>(run, 16);
    const c = load<f64>(run, 24);
    const d = load<f64>(run, 32);
    const t0 = load<f64>(run, 40);
    const a2 = f64x2.splat(a);
    const b2 = f64x2.splat(b);
    const c2 = f64x2.splat(c);
    const d2 = f64x2.splat(d);
    let i = 0;
    for (; i + 4 <= pixels; i += 4) {
      const t = f64x2.add(f64x2.splat(t0), f64x2.replace_lane(f64x2.splat(<f64>i), 1, <f64>(i + 1)));
      const u = f64x2.add(f64x2.splat(t0), f64x2.replace_lane(f64x2.splat(<f64>(i + 2)), 1, <f64>(i + 3)));
      let low = f64x2.add(a2, f64x2.mul(t, f64x2.add(b2, f64x2.mul(t, f64x2.add(c2, f64x2.mul(t, d2))))));
      let high = f64x2.add(a2, f64x2.mul(u, f64x2.add(b2, f64x2.mul(u, f64x2.add(c2, f64x2.mul(u, d2))))));
      if (sign !== 0) {
        const old = v128.load(p);
        const oldLow = f64x2.promote_low_f32x4(old);
        const oldHigh = f64x2.promote_low_f32x4(i64x2.shuffle(old, old, 1, 0));
        low = sign > 0 ? f64x2.add(oldLow, low) : f64x2.sub(oldLow, low);
        high = sign > 0 ? f64x2.add(oldHigh, high) : f64x2.sub(oldHigh, high);
      }
      const lowHalf = f32x4.demote_f64x2_zero(low);
      v128.store(p, i64x2.shuffle(lowHalf, f32x4.demote_f64x2_zero(high), 0, 2));
      p += 16;
    }
    for (; i < pixels; i++) {
      const t = t0 + <f64>i;
      const value = a + t * (b + t * (c + t * d));
      const old = <f64>load<f32>(p);
      store<f32>(p, <f32>(sign === 0 ? value : sign > 0 ? old + value : old - value));
      p += 4;
    }
  }
}
