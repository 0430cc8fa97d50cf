function reversed(v: v128): v128 {
  return i32x4.shuffle(v, v, 3, 2, 1, 0);
}

/** Four stored pixels as floats; type 0 u16, 1 i16, 2 i32, 3 f32. */
function loadPixels(raw: usize, index: i32, type: i32): v128 {
  if (type === 0) return f32x4.convert_i32x4_u(v128.load16x4_u(raw + ((<isize>index) << 1)));
  if (type === 1) return f32x4.convert_i32x4_s(v128.load16x4_s(raw + ((<isize>index) << 1)));
  const v = v128.load(raw + ((<isize>index) << 2));
  return type === 2 ? f32x4.convert_i32x4_s(v) : v;
}

/**
 * out = (raw − level) − columns, in detector order: with `flip` stored pixels and columns are read backwards. Rows may be
 * read up to 16 bytes beyond either end.
 */
export function convertRow(
  raw: usize,
  type: i32,
  width: i32,
  level: f32,
  columns: usize,
  flip: bool,
  out: usize,
): void {
  const base = f32x4.splat(level);
  for (let x = 0; x < width; x += 4) {
    const at = flip ? width - 4 - x : x;
    let v = f32x4.sub(loadPixels(raw, at, type), base);
    v = f32x4.sub(v, v128.load(columns + ((<isize>at) << 2)));
    v128.store(out + ((<usize>x) << 2), flip ? reversed(v) : v);
  }
}

/** One row of the instrument signature's removal; see isrFuse. All rows are padded to whole vectors. */
export function isrRow(
  adu: usize,
  bias: usize,
  dark: usize,
  flat: usize,
  image: usize,
  variance: usize,
  mask: usize,
  bytes: usize,
  gain: f32,
  noise2: f32,
  full: f32,
  biasScale: f32,
  darkScale: f32,
  saturatedBits: u32,
  badBits: u32,
): void {
  const zero = f32x4.splat(0);
  const most = f32x4.splat(f32.MAX_VALUE);
  const g = f32x4.splat(gain);
  const n2 = f32x4.splat(noise2);
  const limit = f32x4.splat(full);
  const kb = f32x4.splat(biasScale);
  const kd = f32x4.splat(darkScale);
  const saturated = i32x4.splat(saturatedBits);
  const bad = i32x4.splat(badBits);
  for (let i: usize = 0; i < bytes; i += 16) {
    const counts = v128.load(adu + i);
    const electrons = f32x4.sub(f32x4.mul(counts, g), f32x4.mul(v128.load(bias + i), kb));
    const response = v128.load(flat + i);
    const value = f32x4.div(f32x4.sub(electrons, f32x4.mul(v128.load(dark + i), kd)), response);
    const noise = f32x4.div(f32x4.div(f32x4.add(f32x4.max(electrons, zero), n2), response), response);
    const finite = v128.and(f32x4.le(f32x4.abs(value), most), f32x4.le(f32x4.abs(noise), most));
    const good = v128.and(finite, f32x4.gt(response, zero));
    v128.store(image + i, v128.and(value, good));
    v128.store(variance + i, v128.and(noise, good));
    const bits = v128.or(v128.and(saturated, f32x4.ge(counts, limit)), v128.andnot(bad, good));
    v128.store(mask + i, v128.or(v128.load(mask + i), bits));
  }
}
