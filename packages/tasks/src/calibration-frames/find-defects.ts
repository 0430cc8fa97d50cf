import type { Box, Exposure, MaskedImage } from "@almagest/images";
import { measureCoarseBackground } from "../cosmic-rays/coarse-background.ts";
import { readAmplifierCards } from "../isr/amplifier-cards.ts";
import type { Defects } from "../isr/defects.ts";
import { NO_DATA } from "../mask-bits.ts";
import type { DefectConfig } from "./combine-config.ts";

/** Side of the boxes whose median stands for a pixel's surroundings. */
const SURROUNDINGS = 64;

/** Marks in `bad` every pixel that is not finite or that `isBad` says is. */
function markBad(
  frame: MaskedImage,
  bad: Uint8Array,
  isBad: (value: number, level: number, variance: number) => boolean,
): void {
  const { width } = frame.bbox;
  const surroundings = measureCoarseBackground(frame, NO_DATA, SURROUNDINGS);
  for (let i = 0; i < bad.length; i++) {
    const value = frame.image.data[i]!;
    const x = i % width;
    const level = surroundings.at(x, (i - x) / width);
    if (value - value !== 0 || isBad(value, level, frame.variance.data[i]!)) bad[i] = 1;
  }
}

/** Marks the whole of a column of an amplifier where more than `fraction` of it is bad. */
function completeColumns(bad: Uint8Array, bbox: Box, amplifiers: readonly Box[], fraction: number): void {
  for (const box of amplifiers) {
    const start = (box.y0 - bbox.y0) * bbox.width + box.x0 - bbox.x0;
    for (let x = 0; x < box.width; x++) {
      let count = 0;
      for (let y = 0; y < box.height; y++) count += bad[start + y * bbox.width + x]!;
      if (count <= fraction * box.height) continue;
      for (let y = 0; y < box.height; y++) bad[start + y * bbox.width + x] = 1;
    }
  }
}

/** Covers the bad pixels with boxes: runs along columns, neighbouring columns with the same run joined. */
export function boxesOfBadPixels(bad: Uint8Array, bbox: Box): Box[] {
  const done: Box[] = [];
  let open = new Map<string, Box>();
  for (let x = 0; x < bbox.width; x++) {
    const next = new Map<string, Box>();
    for (let y = 0; y < bbox.height; y++) {
      if (bad[y * bbox.width + x] === 0) continue;
      let end = y;
      while (end < bbox.height && bad[end * bbox.width + x] !== 0) end++;
      const key = `${y},${end}`;
      const left = open.get(key);
      next.set(
        key,
        left
          ? { ...left, width: left.width + 1 }
          : { x0: bbox.x0 + x, y0: bbox.y0 + y, width: 1, height: end - y },
      );
      open.delete(key);
      y = end;
    }
    done.push(...open.values());
    open = next;
  }
  done.push(...open.values());
  return done;
}

/**
 * Finds a detector's bad pixels: hot ones on the combined dark (electrons per second), dead and odd ones on the combined
 * flats, each against the median of its surroundings, and columns that are mostly bad.
 */
export function findDefects(
  frames: { readonly dark?: Exposure; readonly flats: readonly Exposure[] },
  config: DefectConfig,
): Defects {
  const reference = frames.dark ?? frames.flats[0];
  if (reference === undefined) return [];
  const { bbox } = reference;
  const bad = new Uint8Array(bbox.width * bbox.height);
  if (frames.dark) {
    markBad(
      frames.dark,
      bad,
      (value, level, variance) =>
        value - level > config.hotElectronsPerSec && value - level > config.hotSigma * Math.sqrt(variance),
    );
  }
  for (const flat of frames.flats) {
    markBad(
      flat,
      bad,
      (value, level) => value < config.deadFraction * level || value > config.brightFraction * level,
    );
  }
  const amplifiers = readAmplifierCards(reference).map(({ bbox: box }) => box);
  completeColumns(bad, bbox, amplifiers, config.columnFraction);
  return boxesOfBadPixels(bad, bbox);
}
