import type { IsrAmplifierInput, IsrDetectorPlanes } from "../isr-fuse.ts";

const f = Math.fround;

/** The plain twin of `isrFuse`. */
export function isrFusePlain(amplifier: IsrAmplifierInput, planes: IsrDetectorPlanes): void {
  const { raw, rawStride, rawX0, rawY0, width, height, rowLevel, columnLevel } = amplifier;
  const { image, variance, mask, bias, dark, flat, stride } = planes;
  const gain = f(amplifier.gain);
  const noise2 = f(f(amplifier.readNoise) * f(amplifier.readNoise));
  const full = f(amplifier.saturationAdu);
  const biasScale = f(planes.biasScale ?? 1);
  const darkScale = f(planes.darkScale ?? 1);
  for (let row = 0; row < height; row++) {
    const y = amplifier.dstY0 + (amplifier.flipY ? height - 1 - row : row);
    const level = rowLevel ? rowLevel[row]! : 0;
    for (let column = 0; column < width; column++) {
      const x = amplifier.dstX0 + (amplifier.flipX ? width - 1 - column : column);
      const at = y * stride + x;
      let adu = f(f(raw[(rawY0 + row) * rawStride + rawX0 + column]!) - level);
      adu = f(adu - (columnLevel ? columnLevel[column]! : 0));
      const electrons = f(f(adu * gain) - f((bias ? bias[at]! : 0) * biasScale));
      const response = flat ? flat[at]! : 1;
      const value = f(f(electrons - f((dark ? dark[at]! : 0) * darkScale)) / response);
      const noise = f(f(f(Math.max(electrons, 0) + noise2) / response) / response);
      const good = response > 0 && Number.isFinite(value) && Number.isFinite(noise);
      image[at] = good ? value : 0;
      variance[at] = good ? noise : 0;
      mask[at]! |= (adu >= full ? planes.saturatedBits : 0) | (good ? 0 : planes.badBits);
    }
  }
}
