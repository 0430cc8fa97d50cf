import { createRandom, type Random } from "@almagest/base";
import type { Amplifier } from "@almagest/images";
import type { SimCamOptions } from "./simcam-options.ts";

/** Order of the amplifiers in the file, as LSSTComCam writes them: lower half left to right, upper half right to left. */
const CHANNELS = [
  "10",
  "11",
  "12",
  "13",
  "14",
  "15",
  "16",
  "17",
  "07",
  "06",
  "05",
  "04",
  "03",
  "02",
  "01",
  "00",
];

/** Pixels read before and after the imaging area of each amplifier: 3, 64 and 48 as LSST for detectors as large as its. */
export function simCamOverscan(options: SimCamOptions): {
  prescan: number;
  serial: number;
  parallel: number;
} {
  const ampWidth = options.width / 8;
  const ampHeight = options.height / 2;
  return {
    prescan: 3,
    serial: Math.min(64, Math.max(16, Math.round(ampWidth / 4))),
    parallel: Math.min(48, Math.max(8, Math.round(ampHeight / 24))),
  };
}

/**
 * The 16 amplifiers of one detector, 8 side by side in each half. As in ComCam's ITL detectors the serial register runs
 * against x in all, and the upper half is read upwards, so the raw segments are flipped on assembly.
 */
export function createSimCamAmplifiers(options: SimCamOptions, random: Random): Amplifier[] {
  const width = options.width / 8;
  const height = options.height / 2;
  const { prescan, serial, parallel } = simCamOverscan(options);
  return CHANNELS.map((channel) => {
    const upper = channel.startsWith("0");
    const column = Number(channel[1]);
    return {
      name: `C${channel}`,
      bbox: { x0: column * width, y0: upper ? height : 0, width, height },
      rawBox: { x0: 0, y0: 0, width: prescan + width + serial, height: height + parallel },
      rawDataBox: { x0: prescan, y0: 0, width, height },
      rawPrescanBox: { x0: 0, y0: 0, width: prescan, height: height + parallel },
      rawSerialOverscanBox: { x0: prescan + width, y0: 0, width: serial, height },
      rawParallelOverscanBox: { x0: prescan, y0: height, width, height: parallel },
      flipX: true,
      flipY: upper,
      gain: Number((1.6 + 0.06 * random.normal()).toFixed(4)),
      readNoise: Number((6 + 0.4 * random.normal()).toFixed(3)),
      saturationAdu: 56_000,
    };
  });
}

/** Crosstalk between amplifiers: some 1e-4 between neighbours, less with the distance, now and then negative. */
export function createSimCamCrosstalk(random: Random): number[][] {
  return CHANNELS.map((_, target) =>
    CHANNELS.map((__, source) => {
      if (source === target) return 0;
      const strength = (2.5e-4 * (0.7 + 0.6 * random.uniform())) / Math.abs(source - target) ** 1.5;
      return Number((random.uniform() < 0.1 ? -strength : strength).toExponential(4));
    }),
  );
}

/** The generator of one detector's electronics. */
export function simCamDetectorRandom(options: SimCamOptions, detectorId: number): Random {
  return createRandom(`simcam/${options.seed}`).fork(`detector/${detectorId}`);
}
