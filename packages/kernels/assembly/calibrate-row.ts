/** Two floats as doubles; `flip` reads them the other way round. */
function loadPair(at: usize, flip: bool): v128 {
  const pair = v128.load64_zero(at);
  return f64x2.promote_low_f32x4(flip ? i32x4.shuffle(pair, pair, 1, 0, 3, 2) : pair);
}

/**
 * One row of calibrateRows in detector order, in f64; with `flip` signal and bits run backwards. Blocks may be read and
 * written one pixel past either end. Gives the row bits that occur, and 128 where a result is not finite.
 */
export function calibrateRow(
  signal: usize,
  bits: usize,
  bias: usize,
  biasVariance: usize,
  dark: usize,
  darkVariance: usize,
  flat: usize,
  flatVariance: usize,
  image: usize,
  variance: usize,
  width: i32,
  flip: bool,
  darkSec: f64,
  minimumFlat: f64,
  readVariance: f64,
  unlitBit: i32,
): i32 {
  const zero = f64x2.splat(0);
  const one = f64x2.splat(1);
  const seconds = f64x2.splat(darkSec);
  const secondsSquared = f64x2.splat(darkSec * darkSec);
  const least = f64x2.splat(minimumFlat);
  const read = f64x2.splat(readVariance);
  let total = zero;
  for (let i = 0; i < width; i += 2) {
    const at = (<usize>i) << 2;
    const from = flip ? width - 2 - i : i;
    let value = f64x2.sub(loadPair(signal + ((<isize>from) << 2), flip), loadPair(bias + at, false));
    let noise = f64x2.add(
      f64x2.add(read, loadPair(biasVariance + at, false)),
      // pmax takes the 0 where the value is not a number.
      f64x2.pmax(zero, value),
    );
    value = f64x2.sub(value, f64x2.mul(loadPair(dark + at, false), seconds));
    noise = f64x2.add(noise, f64x2.mul(loadPair(darkVariance + at, false), secondsSquared));
    const response = loadPair(flat + at, false);
    const lit = f64x2.ge(response, least);
    const inverse = f64x2.div(one, response);
    const flattened = f64x2.mul(value, inverse);
    const added = f64x2.mul(f64x2.mul(flattened, flattened), loadPair(flatVariance + at, false));
    const flatNoise = f64x2.mul(f64x2.mul(f64x2.add(noise, added), inverse), inverse);
    value = v128.bitselect(flattened, value, lit);
    noise = v128.bitselect(flatNoise, noise, lit);
    if (!i64x2.all_true(lit)) {
      if (i64x2.extract_lane(lit, 0) === 0) {
        const bit = bits + (flip ? from + 1 : from);
        store<u8>(bit, load<u8>(bit) | <u8>unlitBit);
      }
      if (i64x2.extract_lane(lit, 1) === 0) {
        const bit = bits + (flip ? from : from + 1);
        store<u8>(bit, load<u8>(bit) | <u8>unlitBit);
      }
    }
    total = f64x2.add(total, f64x2.add(value, noise));
    v128.store64_lane(image + at, f32x4.demote_f64x2_zero(value), 0);
    v128.store64_lane(variance + at, f32x4.demote_f64x2_zero(noise), 0);
  }
  let any: i32 = 0;
  for (let i = 0; i < width; i++) any |= <i32>load<u8>(bits + i);
  const sum = f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
  return sum - sum === 0 ? any : any | 128;
}
