import type { CalibratedPlanes, ReadoutRows } from "../calibrate-rows.ts";

/** The plain twin of `calibrateRows`. */
export function calibrateRowsPlain(rows: ReadoutRows, planes: CalibratedPlanes): Uint8Array {
  const { signal, bits, stride, width, count, flip, readVariance } = rows;
  const { image, variance, bias, dark, flat, darkSec, minimumFlat, unlitBit } = planes;
  const found = new Uint8Array(count);
  for (let r = 0; r < count; r++) {
    let any = 0;
    for (let c = 0; c < width; c++) {
      const from = r * stride + c;
      const at = rows.at + r * rows.step + (flip ? width - 1 - c : c);
      let value = signal[from]! - (bias ? bias.data[at]! : 0);
      let noise = readVariance + (bias ? bias.variance[at]! : 0) + (value > 0 ? value : 0);
      value -= (dark ? dark.data[at]! : 0) * darkSec;
      noise += (dark ? dark.variance[at]! : 0) * (darkSec * darkSec);
      const response = flat ? flat.data[at]! : 1;
      if (response >= minimumFlat) {
        const inverse = 1 / response;
        value *= inverse;
        noise = (noise + value * value * (flat ? flat.variance[at]! : 0)) * inverse * inverse;
      } else bits[from]! |= unlitBit;
      any |= bits[from]!;
      if (!Number.isFinite(value + noise)) any |= 128;
      image[at] = value;
      variance[at] = noise;
    }
    found[r] = any;
  }
  return found;
}
