import { createRandom } from "@almagest/base";
import type { Detector } from "@almagest/images";
import { createSimCamCamera, type Defect } from "@almagest/instruments";
import { cameraRadiusMm } from "../sky/field.ts";
import type { SurveyOptions } from "../survey-options.ts";
import { createNoiseStream } from "./noise.ts";

/** Everything about one detector that stays the same from exposure to exposure. Planes are of the assembled detector. */
export interface DetectorModel {
  readonly detector: Detector;
  /** Electrons per photon that would reach an ideal pixel, per band: vignetting, quantum efficiency, pixel response. */
  response(band: string): Float32Array;
  /** Electrons per second in the dark, hot pixels included. */
  readonly dark: Float32Array;
  /** Fixed pattern of the readout, per amplifier, over the raw segment, in ADU without the level. */
  readonly biasPattern: readonly Float32Array[];
  /** Level of each amplifier's zero, ADU. */
  readonly biasLevel: readonly number[];
  readonly defects: readonly Defect[];
}

const PIXEL_SCATTER = 0.007;
const VIGNETTING = 0.08;
const DARK_RATE = 0.02;
const HOT_FRACTION = 2e-4;
/** Pixels hotter than this are defects. */
const HOT_DEFECT_RATE = 20;

/** Makes a detector's model; it follows from the camera's seed, not the survey's, as a camera outlives surveys. */
export function createDetectorModel(options: SurveyOptions, detectorId: number): DetectorModel {
  const detector = createSimCamCamera(options.camera).detectors[detectorId]!;
  const random = createRandom(`simcam/${options.camera.seed}/pixels/${detectorId}`);
  const { defects, dead } = drawDefects(detector, random.fork("defects"));
  const { dark, hot } = drawDark(detector, random.fork("dark"));
  const scatter = new Float32Array(detector.bbox.width * detector.bbox.height);
  createNoiseStream(random.fork("response")).addNormalNoise(scatter, PIXEL_SCATTER);
  const responses = new Map<string, Float32Array>();
  return {
    detector,
    response(band) {
      const known = responses.get(band);
      if (known !== undefined) return known;
      const plane = drawResponse(options, detector, scatter, band);
      for (const index of dead) plane[index] = 0;
      responses.set(band, plane);
      return plane;
    },
    dark,
    biasPattern: drawBiasPatterns(detector, random.fork("bias")),
    biasLevel: detector.amplifiers.map((_, index) => 900 + 300 * random.fork(`level/${index}`).uniform()),
    defects: [...defects, ...hot],
  };
}

function drawResponse(
  options: SurveyOptions,
  detector: Detector,
  scatter: Float32Array,
  band: string,
): Float32Array {
  const { width, height } = detector.bbox;
  const random = createRandom(`simcam/${options.camera.seed}/response/${detector.id}/${band}`);
  const [a, b, c] = [0.008 * random.normal(), 0.008 * random.normal(), 0.006 * random.normal()];
  const efficiency = detector.amplifiers.map(() => 1 + 0.008 * random.normal());
  const radius = cameraRadiusMm(options);
  const plane = new Float32Array(width * height);
  detector.amplifiers.forEach(({ bbox }, amplifier) => {
    for (let y = bbox.y0; y < bbox.y0 + bbox.height; y++) {
      const v = (2 * y) / height - 1;
      const planeY = detector.centerYMm + (y - (height - 1) / 2) * detector.pixelSizeMm;
      for (let x = bbox.x0; x < bbox.x0 + bbox.width; x++) {
        const u = (2 * x) / width - 1;
        const planeX = detector.centerXMm + (x - (width - 1) / 2) * detector.pixelSizeMm;
        const r2 = (planeX * planeX + planeY * planeY) / (radius * radius);
        const smooth = efficiency[amplifier]! * (1 + a * u + b * v + c * u * v) * (1 - VIGNETTING * r2 * r2);
        plane[y * width + x] = smooth * (1 + scatter[y * width + x]!);
      }
    }
  });
  return plane;
}

type Drawn = ReturnType<typeof createRandom>;

/** Two to four columns that see nothing from some row to the readout's far end, and some blind spots. */
function drawDefects(detector: Detector, random: Drawn): { defects: Defect[]; dead: number[] } {
  const { width, height } = detector.bbox;
  const defects: Defect[] = [];
  for (let i = 2 + random.integer(3); i > 0; i--) {
    const upper = random.uniform() < 0.5;
    const length = Math.max(1, Math.round((height / 2) * (0.1 + 0.9 * random.uniform())));
    defects.push({
      x0: random.integer(width),
      y0: upper ? height / 2 : height / 2 - length,
      width: 1,
      height: length,
    });
  }
  for (let i = Math.round((width * height) / 1e5); i > 0; i--) {
    const size = 1 + random.integer(3);
    defects.push({
      x0: random.integer(width - 3),
      y0: random.integer(height - 3),
      width: size,
      height: size,
    });
  }
  const dead: number[] = [];
  for (const box of defects) {
    for (let y = box.y0; y < box.y0 + box.height; y++) {
      for (let x = box.x0; x < box.x0 + box.width; x++) dead.push(y * width + x);
    }
  }
  return { defects, dead };
}

function drawDark(detector: Detector, random: Drawn): { dark: Float32Array; hot: Defect[] } {
  const { width, height } = detector.bbox;
  const dark = new Float32Array(width * height).fill(DARK_RATE);
  // An amplifier's glow in one corner.
  const reach = width / 10;
  for (let y = 0; y < Math.min(height, 6 * reach); y++) {
    for (let x = 0; x < Math.min(width, 6 * reach); x++)
      dark[y * width + x]! += 0.15 * Math.exp(-(x + y) / reach);
  }
  const hot: Defect[] = [];
  for (let i = Math.round(HOT_FRACTION * width * height); i > 0; i--) {
    const index = random.integer(width * height);
    const rate = 0.3 * 10 ** (2.5 * random.uniform());
    dark[index] = rate;
    if (rate > HOT_DEFECT_RATE)
      hot.push({ x0: index % width, y0: Math.floor(index / width), width: 1, height: 1 });
  }
  return { dark, hot };
}

/** Fixed patterns: the first columns after the start of a line are high, lines differ a little, pixels scatter. */
function drawBiasPatterns(detector: Detector, random: Drawn): Float32Array[] {
  return detector.amplifiers.map(({ rawBox }, index) => {
    const own = random.fork(index);
    const pattern = new Float32Array(rawBox.width * rawBox.height);
    createNoiseStream(own.fork("pixels")).addNormalNoise(pattern, 0.7);
    const height = 12 * (0.5 + own.uniform());
    const wave = 0.8 * own.normal();
    for (let y = 0; y < rawBox.height; y++) {
      const line = wave * Math.sin((2 * Math.PI * y) / rawBox.height);
      for (let x = 0; x < rawBox.width; x++)
        pattern[y * rawBox.width + x]! += line + height * Math.exp(-x / 5);
    }
    return pattern;
  });
}
