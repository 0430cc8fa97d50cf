import { openArena } from "../engine/arena.ts";
import type { IsrAmplifierInput, IsrDetectorPlanes } from "../isr-fuse.ts";

const f = Math.fround;

/** The kernel's number for each type of stored pixels. */
function rawType(raw: IsrAmplifierInput["raw"]): number {
  if (raw instanceof Uint16Array) return 0;
  if (raw instanceof Int16Array) return 1;
  return raw instanceof Int32Array ? 2 : 3;
}

/** The fast `isrFuse`: row by row through the module's memory. */
export function isrFuseRows(amplifier: IsrAmplifierInput, planes: IsrDetectorPlanes): void {
  const { raw, rawStride, rawX0, rawY0, width, height, rowLevel, columnLevel, flipX, flipY } = amplifier;
  const { image, variance, mask, bias, dark, flat, stride } = planes;
  const padded = Math.ceil(width / 4) * 4;
  const rowBytes = padded * 4;
  const arena = openArena(rowBytes * 9);
  const { kernels } = arena;
  const type = rawType(raw);
  const stored = arena.bytes(rowBytes);
  const storedRow =
    type === 0
      ? new Uint16Array(stored.view.buffer, stored.at, width)
      : type === 1
        ? new Int16Array(stored.view.buffer, stored.at, width)
        : type === 2
          ? new Int32Array(stored.view.buffer, stored.at, width)
          : new Float32Array(stored.view.buffer, stored.at, width);
  const columns = arena.floats(padded);
  columns.view.fill(0);
  if (columnLevel) columns.view.set(columnLevel.subarray(0, width));
  const adu = arena.floats(padded);
  const biasRow = arena.floats(padded);
  const darkRow = arena.floats(padded);
  const flatRow = arena.floats(padded);
  biasRow.view.fill(0);
  darkRow.view.fill(0);
  flatRow.view.fill(1);
  const imageRow = arena.floats(padded);
  const varianceRow = arena.floats(padded);
  const maskRow = arena.words(padded);
  const gain = f(amplifier.gain);
  const noise2 = f(f(amplifier.readNoise) * f(amplifier.readNoise));
  const full = f(amplifier.saturationAdu);
  const biasScale = f(planes.biasScale ?? 1);
  const darkScale = f(planes.darkScale ?? 1);
  for (let row = 0; row < height; row++) {
    const from = (rawY0 + row) * rawStride + rawX0;
    const at = (amplifier.dstY0 + (flipY ? height - 1 - row : row)) * stride + amplifier.dstX0;
    storedRow.set(raw.subarray(from, from + width));
    if (bias) biasRow.view.set(bias.subarray(at, at + width));
    if (dark) darkRow.view.set(dark.subarray(at, at + width));
    if (flat) flatRow.view.set(flat.subarray(at, at + width));
    maskRow.view.set(mask.subarray(at, at + width));
    const level = rowLevel ? rowLevel[row]! : 0;
    kernels.convertRow(stored.at, type, width, level, columns.at, flipX ? 1 : 0, adu.at);
    kernels.isrRow(
      adu.at,
      biasRow.at,
      darkRow.at,
      flatRow.at,
      imageRow.at,
      varianceRow.at,
      maskRow.at,
      rowBytes,
      gain,
      noise2,
      full,
      biasScale,
      darkScale,
      planes.saturatedBits,
      planes.badBits,
    );
    image.set(imageRow.view.subarray(0, width), at);
    variance.set(varianceRow.view.subarray(0, width), at);
    mask.set(maskRow.view.subarray(0, width), at);
  }
}
