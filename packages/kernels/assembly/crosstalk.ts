/** dst_i = src_i − Σ_j c[i·n + j]·src_j over chunks of `bytes` (a multiple of 64) laid one after another. */
export function crosstalkChunk(src: usize, dst: usize, coefficients: usize, n: i32, bytes: usize): void {
  for (let i = 0; i < n; i++) {
    const row = coefficients + ((<usize>(i * n)) << 2);
    const own = src + <usize>i * bytes;
    const out = dst + <usize>i * bytes;
    for (let x: usize = 0; x < bytes; x += 64) {
      let a0 = f32x4.splat(0);
      let a1 = f32x4.splat(0);
      let a2 = f32x4.splat(0);
      let a3 = f32x4.splat(0);
      for (let j = 0; j < n; j++) {
        const c = load<f32>(row + ((<usize>j) << 2));
        if (c === 0) continue;
        const w = f32x4.splat(c);
        const p = src + <usize>j * bytes + x;
        a0 = f32x4.add(a0, f32x4.mul(v128.load(p), w));
        a1 = f32x4.add(a1, f32x4.mul(v128.load(p, 16), w));
        a2 = f32x4.add(a2, f32x4.mul(v128.load(p, 32), w));
        a3 = f32x4.add(a3, f32x4.mul(v128.load(p, 48), w));
      }
      v128.store(out + x, f32x4.sub(v128.load(own + x), a0));
      v128.store(out + x, f32x4.sub(v128.load(own + x, 16), a1), 16);
      v128.store(out + x, f32x4.sub(v128.load(own + x, 32), a2), 32);
      v128.store(out + x, f32x4.sub(v128.load(own + x, 48), a3), 48);
    }
  }
}
