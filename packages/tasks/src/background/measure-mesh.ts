import type { MaskedImage } from "@almagest/images";
import { type BoxLevel, type LevelStatistic, measureBoxLevel } from "./box-level.ts";
import type { SkyMesh } from "./sky-mesh.ts";

/** What {@link measureMesh} needs to know. */
export interface MeshOptions {
  readonly boxSize: number;
  readonly clipSigma: number;
  readonly statistic: LevelStatistic;
  /** Bits of pixels to ignore. */
  readonly ignoreBits: number;
  /** Boxes with a smaller share of usable pixels are left NaN, as are slivers at the edge. */
  readonly minimumFraction: number;
}

/** Measures level and scatter in every box of a masked image; boxes without enough usable pixels hold NaN. */
export function measureMesh(masked: MaskedImage, options: MeshOptions): SkyMesh {
  const { bbox } = masked;
  const { boxSize, ignoreBits } = options;
  const columns = Math.ceil(bbox.width / boxSize);
  const rows = Math.ceil(bbox.height / boxSize);
  const fullBox = Math.min(boxSize, bbox.width) * Math.min(boxSize, bbox.height);
  const level = new Float32Array(columns * rows);
  const rms = new Float32Array(columns * rows);
  const scratch = new Float32Array(boxSize * boxSize);
  const image = masked.image.data;
  const mask = masked.mask.data;
  const out: BoxLevel = { level: NaN, rms: NaN };
  for (let j = 0; j < rows; j++) {
    const yEnd = Math.min(bbox.height, (j + 1) * boxSize);
    for (let i = 0; i < columns; i++) {
      const xStart = i * boxSize;
      const xEnd = Math.min(bbox.width, xStart + boxSize);
      let count = 0;
      for (let y = j * boxSize; y < yEnd; y++) {
        const row = y * bbox.width;
        for (let p = row + xStart; p < row + xEnd; p++) {
          const v = image[p]!;
          scratch[count] = v;
          // v − v is 0 for finite values only; the slot is overwritten unless the pixel counts.
          count += (mask[p]! & ignoreBits) === 0 && v - v === 0 ? 1 : 0;
        }
      }
      if (count < options.minimumFraction * fullBox) count = 0;
      measureBoxLevel(scratch, count, options.clipSigma, options.statistic, out);
      level[j * columns + i] = out.level;
      rms[j * columns + i] = out.rms;
    }
  }
  return { bbox, boxSize, columns, rows, level, rms };
}
