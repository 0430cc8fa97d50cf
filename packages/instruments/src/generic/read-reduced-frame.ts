import { AlmagestError } from "@almagest/base";
import { type FitsFile, openFits } from "@almagest/fits";
import {
  createMaskedImage,
  type Exposure,
  type Mask,
  maskBits,
  photoCalibFromZeroPoint,
} from "@almagest/images";
import { headerRecord } from "../header.ts";
import { optional } from "../optional.ts";
import { estimateNoise } from "./estimate-noise.ts";
import type { FrameInfo, PlaneSource } from "./frame-info.ts";
import { applyMaskPlane, applySdssSpans } from "./mask-codes.ts";
import { visitInfoOfFrame } from "./read-raw-frame.ts";

/** Relative error of a zero point that a header states. */
const STATED_ZERO_POINT_ERROR = 0.05;

/** Pixels of one image HDU as floats. */
async function readFloats(fits: FitsFile, hdu: number): Promise<Float32Array> {
  const { data } = await fits.hdu(hdu).readImage();
  if (data instanceof Float32Array) return data;
  const floats = new Float32Array(data.length);
  for (let i = 0; i < floats.length; i++) floats[i] = Number(data[i]);
  return floats;
}

async function readPlane(source: PlaneSource, frame: FrameInfo): Promise<Float32Array> {
  await using fits = await openFits(source.path);
  const plane = await readFloats(fits, source.hdu);
  if (plane.length === frame.width * frame.height) return plane;
  throw new AlmagestError(
    "INSTRUMENTS.FRAME_UNREADABLE",
    `${source.path} has ${plane.length} pixels, its image ${frame.path} ${frame.width * frame.height}; they do not belong together.`,
    { fields: { path: source.path, image: frame.path } },
  );
}

/**
 * Reads a reduced image of any telescope: pixels less the software's bias, a mask of undefined and saturated pixels and
 * what a companion mask tells, variance from a companion or estimated from sky noise and gain, WCS and zero point where the
 * header has them. Throws `INSTRUMENTS.FRAME_UNREADABLE` for frames of other kinds.
 */
export async function readReducedFrame(
  frame: FrameInfo,
  ids: { readonly detectorId?: number; readonly exposureId?: number } = {},
): Promise<Exposure> {
  if (frame.kind !== "reduced") {
    throw new AlmagestError(
      "INSTRUMENTS.FRAME_UNREADABLE",
      `${frame.path} is no reduced image but ${frame.kind}.`,
      {
        fields: { path: frame.path, kind: frame.kind },
      },
    );
  }
  await using fits = await openFits(frame.path);
  const pixels = await readFloats(fits, frame.hdu);
  const planes = createMaskedImage({ x0: 0, y0: 0, width: frame.width, height: frame.height });
  planes.image.data.set(pixels);
  markPixels(frame, planes.image.data, planes.mask);
  const { mask, weight, variance } = frame.companions;
  if (mask?.format === "image") applyMaskPlane(planes.mask, await readPlane(mask, frame));
  if (mask?.format === "sdss-spans") await applySdssSpans(planes.mask, mask.path);
  const gain = frame.gainIsGuess ? undefined : frame.gain;
  const noise = estimateNoise(planes.image.data, planes.mask.data, frame.width, gain);
  if (variance !== undefined) fillVariance(planes, await readPlane(variance, frame), (value) => value);
  else if (weight !== undefined) fillVariance(planes, await readPlane(weight, frame), (value) => 1 / value);
  else noise.fill(planes.image.data, planes.variance.data);
  return {
    ...planes,
    unit: frame.unit,
    visitInfo: visitInfoOfFrame(frame, ids.exposureId ?? 0),
    filter: frame.filter,
    detector: { id: ids.detectorId ?? 0, name: frame.detectorName },
    ...optional("wcs", frame.wcsIsGuess ? undefined : frame.wcs),
    ...optional(
      "photoCalib",
      frame.zeroPointMag === undefined
        ? undefined
        : photoCalibFromZeroPoint(frame.zeroPointMag, STATED_ZERO_POINT_ERROR),
    ),
    metadata: { ...headerRecord(frame.header), ALMGAIN: noise.gain, ALMSKYSD: noise.sigma },
  };
}

/** Subtracts the software's bias; marks undefined pixels (set to 0) and saturated ones. */
function markPixels(frame: FrameInfo, data: Float32Array, mask: Mask): void {
  const noData = maskBits(["NO_DATA", "UNMASKEDNAN"]);
  const saturated = maskBits(["SAT"]);
  // Images of 16 bits clip at their largest number.
  const clip = frame.header.get("BITPIX") === 16 ? 65_535 : Number.POSITIVE_INFINITY;
  const limit = Math.min(frame.saturation ?? Number.POSITIVE_INFINITY, clip);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!Number.isFinite(value)) {
      data[i] = 0;
      mask.data[i]! |= noData;
      continue;
    }
    if (value >= limit) mask.data[i]! |= saturated;
    data[i] = value - frame.softBias;
  }
}

/** Variance from a companion plane; pixels where it tells of no data are masked. */
function fillVariance(
  planes: { readonly variance: { readonly data: Float32Array }; readonly mask: Mask },
  plane: Float32Array,
  toVariance: (value: number) => number,
): void {
  const noData = maskBits(["NO_DATA"]);
  for (let i = 0; i < plane.length; i++) {
    const value = toVariance(plane[i]!);
    const good = plane[i]! > 0 && Number.isFinite(value);
    planes.variance.data[i] = good ? value : Number.POSITIVE_INFINITY;
    if (!good) planes.mask.data[i]! |= noData;
  }
}
