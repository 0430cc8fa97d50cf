import type { Random } from "@almagest/base";
import type { Amplifier } from "@almagest/images";
import type { DetectorModel } from "./detector-model.ts";
import { createNoiseStream } from "./noise.ts";

/** How to read out. */
export interface ReadOutOptions {
  readonly noise: boolean;
  readonly random: Random;
}

/** Scatter of the zero level from line to line, ADU per line of a random walk that is pulled back to zero. */
const LINE_DRIFT = 0.25;
const LINE_MEMORY = 0.97;

/**
 * Reads the electrons of the assembled detector out through its amplifiers: crosstalk (a share of another amplifier's
 * electrons read at the same moment), zero level with its drift and fixed pattern, read noise, gain, and 16-bit digits.
 */
export function readOut(
  electrons: Float32Array,
  model: DetectorModel,
  options: ReadOutOptions,
): Uint16Array<ArrayBuffer>[] {
  const { detector } = model;
  const segments = detector.amplifiers.map((amplifier) =>
    cutSegment(electrons, detector.bbox.width, amplifier),
  );
  const mixed = addCrosstalk(segments, detector.crosstalk);
  return detector.amplifiers.map((amplifier, index) => {
    const random = options.random.fork(index);
    const stored = storeSegment(mixed[index]!, amplifier);
    if (options.noise) createNoiseStream(random.fork("read")).addNormalNoise(stored, amplifier.readNoise);
    return digitize(
      stored,
      amplifier,
      model.biasPattern[index]!,
      model.biasLevel[index]!,
      options.noise ? random : undefined,
    );
  });
}

/** The imaging pixels of an amplifier in the order of its readout. */
function cutSegment(electrons: Float32Array, width: number, amplifier: Amplifier): Float32Array {
  const { bbox, flipX, flipY } = amplifier;
  const segment = new Float32Array(bbox.width * bbox.height);
  for (let row = 0; row < bbox.height; row++) {
    const y = bbox.y0 + (flipY ? bbox.height - 1 - row : row);
    const from = y * width + bbox.x0;
    const to = row * bbox.width;
    if (flipX) for (let i = 0; i < bbox.width; i++) segment[to + i] = electrons[from + bbox.width - 1 - i]!;
    else segment.set(electrons.subarray(from, from + bbox.width), to);
  }
  return segment;
}

/** What each amplifier reads with its neighbours' signals mixed in. */
function addCrosstalk(
  segments: readonly Float32Array[],
  crosstalk: readonly (readonly number[])[],
): Float32Array[] {
  return segments.map((own, target) => {
    const mixed = own.slice();
    segments.forEach((source, j) => {
      const share = crosstalk[target]?.[j] ?? 0;
      if (share === 0) return;
      for (let i = 0; i < mixed.length; i++) mixed[i]! += share * source[i]!;
    });
    return mixed;
  });
}

/** Puts the imaging pixels in their place between prescan and overscans. */
function storeSegment(segment: Float32Array, amplifier: Amplifier): Float32Array {
  const { rawBox, rawDataBox } = amplifier;
  const stored = new Float32Array(rawBox.width * rawBox.height);
  for (let row = 0; row < rawDataBox.height; row++) {
    const line = segment.subarray(row * rawDataBox.width, (row + 1) * rawDataBox.width);
    stored.set(line, (rawDataBox.y0 + row) * rawBox.width + rawDataBox.x0);
  }
  return stored;
}

function digitize(
  electrons: Float32Array,
  amplifier: Amplifier,
  pattern: Float32Array,
  level: number,
  random: Random | undefined,
): Uint16Array<ArrayBuffer> {
  const { width, height } = amplifier.rawBox;
  const digits = new Uint16Array(width * height);
  const perElectron = 1 / amplifier.gain;
  let drift = 0;
  for (let y = 0; y < height; y++) {
    if (random !== undefined) drift = drift * LINE_MEMORY + LINE_DRIFT * random.normal();
    const zero = level + drift + 0.5;
    for (let i = y * width; i < (y + 1) * width; i++) {
      const adu = Math.floor(electrons[i]! * perElectron + pattern[i]! + zero);
      digits[i] = adu < 0 ? 0 : adu > 65_535 ? 65_535 : adu;
    }
  }
  return digits;
}
