import type { Amplifier, Camera, Detector } from "@almagest/images";

const PIXEL_SIZE_MM = 0.01;
const SENSOR_PITCH_MM = 42.25;
const RAFT_PITCH_MM = 127;
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

/** The 16 amplifiers of an ITL sensor with nominal gain and noise; a raw file's own sections go before these. */
export function createLsstAmplifiers(): Amplifier[] {
  return CHANNELS.map((channel) => {
    const upper = channel.startsWith("0");
    return {
      name: `C${channel}`,
      bbox: { x0: Number(channel[1]) * 509, y0: upper ? 2000 : 0, width: 509, height: 2000 },
      rawBox: { x0: 0, y0: 0, width: 576, height: 2048 },
      rawDataBox: { x0: 3, y0: 0, width: 509, height: 2000 },
      rawPrescanBox: { x0: 0, y0: 0, width: 3, height: 2048 },
      rawSerialOverscanBox: { x0: 512, y0: 0, width: 64, height: 2000 },
      rawParallelOverscanBox: { x0: 3, y0: 2000, width: 509, height: 48 },
      flipX: true,
      flipY: upper,
      gain: 1.6,
      readNoise: 6,
      saturationAdu: 90_000,
    };
  });
}

/** A camera of sensors named `Rxy_Sxy`: each raft and sensor stands where its two digits (row, column) put it. */
export function createLsstCamera(name: string, detectorNames: readonly string[]): Camera {
  const amplifiers = createLsstAmplifiers();
  const single = new Set(detectorNames.map((full) => full.slice(0, 3))).size === 1;
  const detectors = detectorNames.map((full, id): Detector => {
    const raft = single ? { row: 2, column: 2 } : { row: Number(full[1]), column: Number(full[2]) };
    const sensor = /^S(\d)(\d)$/.exec(full.slice(4));
    // Guide and wavefront sensors of the corner rafts: only their raft's centre is told here.
    const [row, column] = sensor === null ? [1, 1] : [Number(sensor[1]), Number(sensor[2])];
    return {
      id,
      name: full,
      serial: "",
      bbox: { x0: 0, y0: 0, width: 4072, height: 4000 },
      amplifiers,
      crosstalk: [],
      centerXMm: (raft.column - 2) * RAFT_PITCH_MM + (column - 1) * SENSOR_PITCH_MM,
      centerYMm: (raft.row - 2) * RAFT_PITCH_MM + (row - 1) * SENSOR_PITCH_MM,
      rotationDeg: 0,
      pixelSizeMm: PIXEL_SIZE_MM,
    };
  });
  return { name, detectors, plateScaleArcsecPerMm: 20.005_867, distortion: [] };
}
