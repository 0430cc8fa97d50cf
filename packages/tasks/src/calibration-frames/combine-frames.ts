import { AlmagestError } from "@almagest/base";
import { type Box, createMaskedImage, type Exposure, MASK_PLANES, type MaskedImage } from "@almagest/images";
import { type StackInput, stackClipped } from "@almagest/kernels";
import type { DatasetHandle } from "@almagest/pipeline";
import { loadStrip, planStrips } from "../frame-strips.ts";
import { bitsOf, NO_DATA } from "../mask-bits.ts";
import type { CombineConfig } from "./combine-config.ts";

/** One frame of a stack: where to read it, what to multiply it by, and its weight in the mean. */
export interface FrameToCombine {
  readonly handle: DatasetHandle<Exposure>;
  readonly scale: number;
  readonly weight: number;
}

/** As many images as the stacking kernel takes at once. */
const KERNEL_LIMIT = 64;

/** Multiplies image and variance by a constant, as copies. */
function scaled(
  part: MaskedImage,
  scale: number,
): StackInput & { image: Float32Array; variance: Float32Array } {
  return {
    image: scale === 1 ? part.image.data : part.image.data.map((v) => v * scale),
    variance: scale === 1 ? part.variance.data : part.variance.data.map((v) => v * scale * scale),
    mask: part.mask.data,
  };
}

/**
 * Of two values that disagree the higher holds a cosmic ray: it is marked bad, since with two neither median nor
 * scatter can tell.
 */
function rejectHigherOfTwo(inputs: readonly StackInput[], badBit: number, clipSigma: number): void {
  const [a, b] = inputs as [StackInput, StackInput];
  for (let i = 0; i < a.image.length; i++) {
    const difference = a.image[i]! - b.image[i]!;
    const noise = Math.sqrt(a.variance![i]! + b.variance![i]!);
    if (Math.abs(difference) <= clipSigma * noise) continue;
    const mask = (difference > 0 ? a : b).mask!;
    mask[i] = mask[i]! | badBit;
  }
}

/**
 * Weighted mean per pixel of many frames, without what lies further than `clipSigma` of its own error from the median
 * (with two frames: without the higher of values that disagree). Frames are read strip by strip within the memory that the
 * configuration grants. Pixels without any good value are NaN and NO_DATA. Throws `TASKS.NO_FRAMES`.
 */
export async function combineFrames(
  frames: readonly FrameToCombine[],
  bbox: Box,
  config: CombineConfig,
): Promise<MaskedImage> {
  if (frames.length === 0) {
    throw new AlmagestError(
      "TASKS.NO_FRAMES",
      "No usable frame is left to combine; give more or better ones.",
    );
  }
  const result = createMaskedImage(bbox);
  for (const strip of planStrips(bbox, frames.length, config.maxMegabytes)) {
    const groups: StackInput[] = [];
    const perGroup = Math.ceil(frames.length / Math.ceil(frames.length / KERNEL_LIMIT));
    for (let first = 0; first < frames.length; first += perGroup) {
      groups.push(await combineGroup(frames.slice(first, first + perGroup), bbox, strip, config));
    }
    const from = (strip.y0 - bbox.y0) * bbox.width;
    const end = from + strip.width * strip.height;
    const output = {
      image: result.image.data.subarray(from, end),
      variance: result.variance.data.subarray(from, end),
      mask: result.mask.data.subarray(from, end),
    };
    stackClipped(groups, output, { badBits: NO_DATA, clipSigma: 0, noDataBits: NO_DATA });
  }
  return result;
}

async function combineGroup(
  frames: readonly FrameToCombine[],
  full: Box,
  strip: Box,
  config: CombineConfig,
): Promise<StackInput> {
  const bad = 1 << 31;
  const inputs: StackInput[] = [];
  let weight = 0;
  for (const frame of frames) {
    const part = await loadStrip(frame.handle, full, strip);
    const badBits = bitsOf(config.badPlanes, part.mask.planes);
    const mask = part.mask.data.map((bits) => ((bits & badBits) !== 0 ? bad : 0));
    inputs.push({ ...scaled(part, frame.scale), mask, weight: frame.weight });
    weight += frame.weight;
  }
  if (inputs.length === 2) rejectHigherOfTwo(inputs, bad, config.clipSigma);
  const size = strip.width * strip.height;
  const output = {
    image: new Float32Array(size),
    variance: new Float32Array(size),
    mask: new Uint32Array(size),
  };
  stackClipped(inputs, output, {
    badBits: bad >>> 0,
    clipSigma: config.clipSigma,
    iterations: config.clipIterations,
    noDataBits: NO_DATA,
  });
  return { ...output, weight };
}

/** The frame that a combination makes, with what its first input says of detector and filter. */
export function createCombinedExposure(
  combined: MaskedImage,
  first: Exposure,
  metadata: Readonly<Record<string, string | number | boolean>>,
): Exposure {
  return {
    ...combined,
    mask: { ...combined.mask, planes: MASK_PLANES },
    unit: "electron",
    ...(first.detector && { detector: first.detector }),
    ...(first.filter && { filter: first.filter }),
    metadata,
  };
}
