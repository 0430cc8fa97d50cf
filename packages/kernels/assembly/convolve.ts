/** dst(x, y) = Σ_j Σ_i kernel[j·nx + i] · src(x + i, y + j); width a multiple of 32, strides in bytes. */
export function convolveRows(
  src: usize,
  srcStride: usize,
  kernel: usize,
  nx: i32,
  ny: i32,
  dst: usize,
  dstStride: usize,
  width: i32,
  rows: i32,
): void {
  const rowBytes = (<usize>width) << 2;
  for (let y = 0; y < rows; y++) {
    for (let x: usize = 0; x < rowBytes; x += 128) {
      let a0 = f32x4.splat(0);
      let a1 = f32x4.splat(0);
      let a2 = f32x4.splat(0);
      let a3 = f32x4.splat(0);
      let a4 = f32x4.splat(0);
      let a5 = f32x4.splat(0);
      let a6 = f32x4.splat(0);
      let a7 = f32x4.splat(0);
      let k = kernel;
      for (let j = 0; j < ny; j++) {
        let p = src + <usize>j * srcStride + x;
        const end = k + ((<usize>nx) << 2);
        for (; k < end; k += 4, p += 4) {
          const w = v128.load32_splat(k);
          a0 = f32x4.add(a0, f32x4.mul(w, v128.load(p)));
          a1 = f32x4.add(a1, f32x4.mul(w, v128.load(p, 16)));
          a2 = f32x4.add(a2, f32x4.mul(w, v128.load(p, 32)));
          a3 = f32x4.add(a3, f32x4.mul(w, v128.load(p, 48)));
          a4 = f32x4.add(a4, f32x4.mul(w, v128.load(p, 64)));
          a5 = f32x4.add(a5, f32x4.mul(w, v128.load(p, 80)));
          a6 = f32x4.add(a6, f32x4.mul(w, v128.load(p, 96)));
          a7 = f32x4.add(a7, f32x4.mul(w, v128.load(p, 112)));
        }
      }
      const q = dst + x;
      v128.store(q, a0);
      v128.store(q, a1, 16);
      v128.store(q, a2, 32);
      v128.store(q, a3, 48);
      v128.store(q, a4, 64);
      v128.store(q, a5, 80);
      v128.store(q, a6, 96);
      v128.store(q, a7, 112);
    }
    src += srcStride;
    dst += dstStride;
  }
}

/** In place: values not finite or masked become 0; `used` gets 1 where a value is used, else 0. Bytes a multiple of 16. */
export function maskRows(values: usize, mask: usize, bits: u32, used: usize, bytes: usize): void {
  const most = f32x4.splat(f32.MAX_VALUE);
  const wanted = i32x4.splat(bits);
  const zero = i32x4.splat(0);
  const one = f32x4.splat(1);
  for (let i: usize = 0; i < bytes; i += 16) {
    const v = v128.load(values + i);
    const clear = i32x4.eq(v128.and(v128.load(mask + i), wanted), zero);
    const good = v128.and(clear, f32x4.le(f32x4.abs(v), most));
    v128.store(values + i, v128.and(v, good));
    v128.store(used + i, v128.and(one, good));
  }
}

/** In place: values not finite or masked become 0. Bytes a multiple of 16. */
export function clearRows(values: usize, mask: usize, bits: u32, bytes: usize): void {
  const most = f32x4.splat(f32.MAX_VALUE);
  const wanted = i32x4.splat(bits);
  const zero = i32x4.splat(0);
  for (let i: usize = 0; i < bytes; i += 16) {
    const v = v128.load(values + i);
    const clear = i32x4.eq(v128.and(v128.load(mask + i), wanted), zero);
    v128.store(values + i, v128.and(v, v128.and(clear, f32x4.le(f32x4.abs(v), most))));
  }
}

/** dst = dst·total/used where |used| > least, else NaN. Bytes a multiple of 16. */
export function renormaliseRows(dst: usize, used: usize, bytes: usize, total: f32, least: f32): void {
  const all = f32x4.splat(total);
  const enough = f32x4.splat(least);
  const nothing = f32x4.splat(f32.NaN);
  for (let i: usize = 0; i < bytes; i += 16) {
    const sum = v128.load(used + i);
    const value = f32x4.div(f32x4.mul(v128.load(dst + i), all), sum);
    v128.store(dst + i, v128.bitselect(value, nothing, f32x4.gt(f32x4.abs(sum), enough)));
  }
}
