/** Four plus two taps of one row weighted and added to nothing: six rows down, then across. See oracle/warp-lanczos3. */
function footprintSum(p: usize, stride: usize, wx: usize, wy: usize): f32 {
  let w = v128.load32_splat(wy);
  let a = f32x4.mul(v128.load(p), w);
  let b = f32x4.mul(v128.load64_zero(p, 16), w);
  p += stride;
  w = v128.load32_splat(wy, 4);
  a = f32x4.add(a, f32x4.mul(v128.load(p), w));
  b = f32x4.add(b, f32x4.mul(v128.load64_zero(p, 16), w));
  p += stride;
  w = v128.load32_splat(wy, 8);
  a = f32x4.add(a, f32x4.mul(v128.load(p), w));
  b = f32x4.add(b, f32x4.mul(v128.load64_zero(p, 16), w));
  p += stride;
  w = v128.load32_splat(wy, 12);
  a = f32x4.add(a, f32x4.mul(v128.load(p), w));
  b = f32x4.add(b, f32x4.mul(v128.load64_zero(p, 16), w));
  p += stride;
  w = v128.load32_splat(wy, 16);
  a = f32x4.add(a, f32x4.mul(v128.load(p), w));
  b = f32x4.add(b, f32x4.mul(v128.load64_zero(p, 16), w));
  p += stride;
  w = v128.load32_splat(wy, 20);
  a = f32x4.add(a, f32x4.mul(v128.load(p), w));
  b = f32x4.add(b, f32x4.mul(v128.load64_zero(p, 16), w));
  a = f32x4.mul(a, v128.load(wx));
  b = f32x4.mul(b, v128.load(wx, 16));
  a = f32x4.add(a, b);
  a = f32x4.add(a, i32x4.shuffle(a, a, 2, 3, 0, 1));
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1);
}

/** OR over the footprint of the bits in `spread`, and of all bits over its middle 2 × 2. */
function footprintBits(p: usize, stride: usize, spread: u32): u32 {
  const near = load<u64>(p + 2 * stride, 8) | load<u64>(p + 3 * stride, 8);
  let a = v128.or(v128.load(p), v128.load64_zero(p, 16));
  for (let j = 1; j < 6; j++) {
    p += stride;
    a = v128.or(a, v128.or(v128.load(p), v128.load64_zero(p, 16)));
  }
  const wide = i64x2.extract_lane(a, 0) | i64x2.extract_lane(a, 1);
  return <u32>near | <u32>(near >> 32) | ((<u32>wide | <u32>(wide >> 32)) & spread);
}

function mix(a: f64, b: f64, v: f64): f64 {
  return a + v * (b - a);
}

/**
 * Warps one tile. Source planes hold columns srcX0 … of rows srcY0 …, `stride` bytes each, with pixels that are not
 * finite already 0 and flagged in the mask. The grid is the whole one. Output planes are `tileWidth` wide.
 */
export function warpTile(
  image: usize,
  variance: usize,
  mask: usize,
  stride: usize,
  srcX0: i32,
  srcY0: i32,
  srcWidth: i32,
  srcHeight: i32,
  gridX: usize,
  gridY: usize,
  gridNx: i32,
  gridNy: i32,
  step: i32,
  tileX0: i32,
  tileY0: i32,
  tileWidth: i32,
  tileHeight: i32,
  table: usize,
  spread: u32,
  noData: u32,
  scaleArea: bool,
  fill: f32,
  outImage: usize,
  outVariance: usize,
  outMask: usize,
): void {
  const gridStride = (<usize>gridNx) << 3;
  for (let y = tileY0; y < tileY0 + tileHeight; y++) {
    const j = min(gridNy - 2, y / step);
    const v = <f64>y / <f64>step - <f64>j;
    let q = (<usize>((y - tileY0) * tileWidth)) << 2;
    let x = tileX0;
    const end = tileX0 + tileWidth;
    while (x < end) {
      const cell = min(gridNx - 2, x / step);
      const left = cell * step;
      const right = cell === gridNx - 2 ? end : min(end, left + step);
      const gx = gridX + <usize>j * gridStride + ((<usize>cell) << 3);
      const gy = gridY + <usize>j * gridStride + ((<usize>cell) << 3);
      const x00 = load<f64>(gx);
      const x10 = load<f64>(gx, 8);
      const x01 = load<f64>(gx + gridStride);
      const x11 = load<f64>(gx + gridStride, 8);
      const y00 = load<f64>(gy);
      const y10 = load<f64>(gy, 8);
      const y01 = load<f64>(gy + gridStride);
      const y11 = load<f64>(gy + gridStride, 8);
      const sx = mix(x00, x01, v);
      const sy = mix(y00, y01, v);
      const dx = (mix(x10, x11, v) - sx) / <f64>step;
      const dy = (mix(y10, y11, v) - sy) / <f64>step;
      const ux = (x01 - x00 + (x11 - x10)) / (2 * <f64>step);
      const uy = (y01 - y00 + (y11 - y10)) / (2 * <f64>step);
      const scale = scaleArea ? <f32>Math.abs(dx * uy - dy * ux) : <f32>1;
      const scale2 = scale * scale;
      const baseX = Math.floor(sx);
      const baseY = Math.floor(sy);
      const fx = <f32>(sx - baseX);
      const fy = <f32>(sy - baseY);
      const stepX = <f32>dx;
      const stepY = <f32>dy;
      for (; x < right; x++, q += 4) {
        const t = <f32>(x - left);
        const px = fx + t * stepX;
        const py = fy + t * stepY;
        const ix = Mathf.floor(px);
        const iy = Mathf.floor(py);
        const firstX = baseX + <f64>ix - 2;
        const firstY = baseY + <f64>iy - 2;
        if (!(firstX >= 0 && firstY >= 0 && firstX + 6 <= <f64>srcWidth && firstY + 6 <= <f64>srcHeight)) {
          store<f32>(outImage + q, fill);
          store<f32>(outVariance + q, fill);
          store<u32>(outMask + q, noData);
          continue;
        }
        const at = <usize>(<i32>firstY - srcY0) * stride + ((<usize>(<i32>firstX - srcX0)) << 2);
        const wx = table + ((<usize>(<i32>Mathf.floor((px - ix) * 4096 + 0.5))) << 6);
        const wy = table + ((<usize>(<i32>Mathf.floor((py - iy) * 4096 + 0.5))) << 6);
        store<f32>(outImage + q, footprintSum(image + at, stride, wx, wy) * scale);
        if (variance !== 0)
          store<f32>(outVariance + q, footprintSum(variance + at, stride, wx + 32, wy + 32) * scale2);
        store<u32>(outMask + q, footprintBits(mask + at, stride, spread));
      }
    }
  }
}

/** In place: values not finite become 0 and set `bits` in the mask. Reads and writes up to 12 bytes beyond the end. */
export function flagOdd(values: usize, mask: usize, bits: u32, bytes: usize): void {
  const most = f32x4.splat(f32.MAX_VALUE);
  const flag = i32x4.splat(bits);
  for (let i: usize = 0; i < bytes; i += 16) {
    const v = v128.load(values + i);
    const good = f32x4.le(f32x4.abs(v), most);
    if (i32x4.all_true(good)) continue;
    v128.store(values + i, v128.and(v, good));
    v128.store(mask + i, v128.or(v128.load(mask + i), v128.andnot(flag, good)));
  }
}
