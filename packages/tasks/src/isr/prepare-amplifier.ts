import { AlmagestError } from "@almagest/base";
import type { Amplifier, RawAmplifier } from "@almagest/images";
import type { AmplifierRecord } from "./amplifier-cards.ts";
import type { IsrConfig } from "./isr-config.ts";
import { measureOverscan, measureParallelOverscan, type Overscan } from "./measure-overscan.ts";
import { parallelOverscanBox, serialOverscanBox, storedAgainstReadout } from "./overscan-boxes.ts";

/** What the fused pass needs to know of one amplifier; rows and columns are counted from its readout corner. */
export interface PreparedAmplifier {
  readonly amplifier: Amplifier;
  readonly raw: RawAmplifier;
  readonly width: number;
  readonly height: number;
  /** Index into the raw data of readout column 0, row 0, and the steps from there. */
  readonly rawStart: number;
  readonly rawStepX: number;
  readonly rawStepY: number;
  /** Assembled position of readout column 0, row 0, and the steps (±1) from there. */
  readonly x0: number;
  readonly y0: number;
  readonly stepX: 1 | -1;
  readonly stepY: 1 | -1;
  /** Level to subtract by readout row and by readout column, ADU. */
  readonly rowLevel: Float64Array;
  readonly columnLevel: Float64Array;
  readonly overscan?: Overscan;
  readonly gain: number;
  /** Variance of reading one pixel, electrons squared. */
  readonly readVariance: number;
  /** Raw ADU above the overscan at which a pixel is saturated; raw values at the top of the converter are too. */
  readonly saturationAdu: number;
  readonly bad: boolean;
}

/** Largest value the stored integer type can hold, infinite for floating point. */
function converterTop(data: RawAmplifier["data"]): number {
  if (data instanceof Uint16Array) return 65535;
  if (data instanceof Int16Array) return 32767;
  return Number.POSITIVE_INFINITY;
}

/** Measures one amplifier's overscan and lays out how its raw pixels land on the detector. Read noise in electrons. */
export function prepareAmplifier(
  amplifier: Amplifier,
  raw: RawAmplifier,
  config: IsrConfig,
  fallbackReadNoise = 0,
): PreparedAmplifier {
  const data = amplifier.rawDataBox;
  if (
    raw.width !== amplifier.rawBox.width ||
    raw.height !== amplifier.rawBox.height ||
    data.x0 + data.width > raw.width ||
    data.y0 + data.height > raw.height ||
    raw.data.length < raw.width * raw.height ||
    data.width !== amplifier.bbox.width ||
    data.height !== amplifier.bbox.height
  ) {
    throw new AlmagestError(
      "TASKS.RAW_GEOMETRY",
      `Amplifier ${amplifier.name}: the stored ${raw.width}×${raw.height} pixels do not hold the imaging region the camera describes; check the camera's description.`,
      { fields: { amplifier: amplifier.name, dataBox: data, bbox: amplifier.bbox } },
    );
  }
  const serial = config.doOverscan ? serialOverscanBox(amplifier, config.overscan) : undefined;
  const overscan = serial && measureOverscan(raw, serial);
  const rawRowLevel = overscan?.rowLevel ?? new Float64Array(raw.height);
  const parallel = config.overscan.doParallelOverscan
    ? parallelOverscanBox(amplifier, config.overscan)
    : undefined;
  const rawColumnLevel = parallel
    ? measureParallelOverscan(raw, parallel, rawRowLevel, config.overscan.maxParallelAdu)
    : new Float64Array(raw.width);

  const against = storedAgainstReadout(amplifier);
  const firstX = against.x ? data.x0 + data.width - 1 : data.x0;
  const firstY = against.y ? data.y0 + data.height - 1 : data.y0;
  const rawStepX = against.x ? -1 : 1;
  const rawStepY = against.y ? -1 : 1;
  // Readout order runs with the detector's axis when exactly neither or both reversals hold.
  const withX = against.x === amplifier.flipX;
  const withY = against.y === amplifier.flipY;
  const gain = amplifier.gain > 0 ? amplifier.gain : 1;
  const measuredNoise = (overscan?.noise ?? 0) * gain;
  const readNoise = [amplifier.readNoise, measuredNoise].find((noise) => noise > 0) ?? fallbackReadNoise;
  const full = overscan === undefined || !(amplifier.saturationAdu > 0) ? 0 : overscan.level;
  return {
    amplifier,
    raw,
    width: data.width,
    height: data.height,
    rawStart: firstY * raw.width + firstX,
    rawStepX,
    rawStepY: rawStepY * raw.width,
    x0: withX ? amplifier.bbox.x0 : amplifier.bbox.x0 + data.width - 1,
    y0: withY ? amplifier.bbox.y0 : amplifier.bbox.y0 + data.height - 1,
    stepX: withX ? 1 : -1,
    stepY: withY ? 1 : -1,
    rowLevel: Float64Array.from({ length: data.height }, (_, r) => rawRowLevel[firstY + r * rawStepY]!),
    columnLevel: Float64Array.from({ length: data.width }, (_, c) => rawColumnLevel[firstX + c * rawStepX]!),
    ...(overscan && { overscan }),
    gain,
    readVariance: readNoise * readNoise,
    saturationAdu: Math.min(
      amplifier.saturationAdu > 0 ? amplifier.saturationAdu : Number.POSITIVE_INFINITY,
      converterTop(raw.data) - full,
    ),
    bad: measuredNoise > config.maxReadNoiseElectrons,
  };
}

/** The record of an amplifier that goes into the image's header. */
export function describeAmplifier({
  amplifier,
  gain,
  readVariance,
  overscan,
}: PreparedAmplifier): AmplifierRecord {
  return {
    name: amplifier.name,
    bbox: amplifier.bbox,
    gain,
    readNoise: Math.sqrt(readVariance),
    ...(overscan && { overscan: { level: overscan.level, noise: overscan.noise } }),
  };
}
