import { createRandom, type Random } from "@almagest/base";
import type { Amplifier, Detector, RawExposure, VisitInfo } from "@almagest/images";

/** What a synthetic detector and its exposure are made of; for tests and benchmarks. */
export interface SyntheticRawOptions {
  readonly columns: number;
  readonly rows: number;
  /** Imaging pixels of one amplifier. */
  readonly ampWidth: number;
  readonly ampHeight: number;
  readonly prescan: number;
  readonly overscan: number;
  readonly parallelOverscan: number;
  readonly gain: (index: number) => number;
  readonly readNoise: number;
  readonly biasAdu: (index: number) => number;
  readonly saturationAdu: number;
  readonly crosstalk: number;
  readonly seed: string;
  readonly darkSec: number;
}

/** An instrument of two amplifiers with overscan. */
export const syntheticRawDefaults: SyntheticRawOptions = {
  columns: 2,
  rows: 1,
  ampWidth: 32,
  ampHeight: 40,
  prescan: 4,
  overscan: 20,
  parallelOverscan: 8,
  gain: () => 1.6,
  readNoise: 6,
  biasAdu: (index) => 1000 + 100 * index,
  saturationAdu: 50_000,
  crosstalk: 0,
  seed: "raw",
  darkSec: 30,
};

/** The visit that synthetic exposures claim to be of. */
export const syntheticVisitInfo: VisitInfo = {
  instrument: "Synthetic",
  exposureId: 1,
  midpointTaiNs: 1_700_000_000_000_000_000n,
  exposureSec: 30,
  darkSec: 30,
  boresightRaDeg: 10,
  boresightDecDeg: -20,
  rotatorDeg: 0,
  airmass: 1.2,
  observationType: "science",
  object: "field",
};

/** A detector of columns × rows amplifiers; the right half is read to the right, the upper rows upwards. */
export function createSyntheticDetector(o: SyntheticRawOptions): Detector {
  const amplifiers: Amplifier[] = [];
  const rawWidth = o.prescan + o.ampWidth + o.overscan;
  const rawHeight = o.ampHeight + o.parallelOverscan;
  for (let row = 0; row < o.rows; row++) {
    for (let column = 0; column < o.columns; column++) {
      const index = row * o.columns + column;
      amplifiers.push({
        name: `C${row}${column}`,
        bbox: { x0: column * o.ampWidth, y0: row * o.ampHeight, width: o.ampWidth, height: o.ampHeight },
        rawBox: { x0: 0, y0: 0, width: rawWidth, height: rawHeight },
        rawDataBox: { x0: o.prescan, y0: 0, width: o.ampWidth, height: o.ampHeight },
        rawPrescanBox: { x0: 0, y0: 0, width: o.prescan, height: o.ampHeight },
        rawSerialOverscanBox: {
          x0: o.prescan + o.ampWidth,
          y0: 0,
          width: o.overscan,
          height: o.overscan > 0 ? rawHeight : 0,
        },
        rawParallelOverscanBox: {
          x0: o.prescan,
          y0: o.ampHeight,
          width: o.ampWidth,
          height: o.parallelOverscan,
        },
        flipX: column >= o.columns / 2,
        flipY: row > 0,
        gain: o.gain(index),
        readNoise: o.readNoise,
        saturationAdu: o.saturationAdu,
      });
    }
  }
  const count = amplifiers.length;
  return {
    id: 0,
    name: "R00_S00",
    serial: "synthetic",
    bbox: { x0: 0, y0: 0, width: o.columns * o.ampWidth, height: o.rows * o.ampHeight },
    amplifiers,
    crosstalk:
      o.crosstalk === 0
        ? []
        : Array.from({ length: count }, (_, i) =>
            Array.from({ length: count }, (_, j) => (i === j ? 0 : o.crosstalk * (1 + 0.1 * (i + j)))),
          ),
    centerXMm: 0,
    centerYMm: 0,
    rotationDeg: 0,
    pixelSizeMm: 0.01,
  };
}

/**
 * Reads out a detector on which `electrons(x, y)` have gathered: crosstalk, gain, bias with a slope along rows, read
 * noise (unless "noiseless") and rounding to 16 bits.
 */
export function createSyntheticRaw(
  electrons: (x: number, y: number) => number,
  options: Partial<SyntheticRawOptions> = {},
  random: Random | "noiseless" = createRandom(options.seed ?? "raw"),
): RawExposure {
  const o = { ...syntheticRawDefaults, ...options };
  const detector = createSyntheticDetector(o);
  const signals = detector.amplifiers.map((amplifier) => {
    const { width, height, x0, y0 } = amplifier.bbox;
    const signal = new Float64Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const dx = amplifier.flipX ? width - 1 - x : x;
        const dy = amplifier.flipY ? height - 1 - y : y;
        signal[y * width + x] = electrons(x0 + dx, y0 + dy);
      }
    }
    return signal;
  });
  const amplifiers = detector.amplifiers.map((amplifier, i) => {
    const { width, height } = amplifier.rawBox;
    const data = new Uint16Array(width * height);
    const { rawDataBox: box, gain } = amplifier;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let value = random === "noiseless" ? 0 : random.normal() * o.readNoise;
        const inside = x >= box.x0 && x < box.x0 + box.width && y < box.height;
        if (inside) {
          const at = (y - box.y0) * box.width + (x - box.x0);
          value += signals[i]![at]!;
          for (const [j, c] of (detector.crosstalk[i] ?? []).entries())
            if (c !== 0) value += c * signals[j]![at]!;
        }
        const adu = value / gain + (o.overscan > 0 ? o.biasAdu(i) + (3 * y) / height : 0);
        data[y * width + x] = Math.max(0, Math.min(65535, Math.round(adu)));
      }
    }
    return { name: amplifier.name, width, height, data };
  });
  return {
    detector,
    amplifiers,
    visitInfo: { ...syntheticVisitInfo, darkSec: o.darkSec },
    filter: { band: "r", physical: "r_01" },
    metadata: { OBJECT: "field" },
  };
}
