import type { DetectSpansInput } from "../detect-spans.ts";

const f = Math.fround;

/** The plain twin of the span finder inside `detectSpans`: y, first x, last x of every run above threshold. */
export function findSpansPlain(input: DetectSpansInput): Int32Array {
  const { image, width, height, threshold, variance, mask, ignoreBits = 0 } = input;
  const sign = input.polarity === "negative" ? -1 : 1;
  const runs: number[] = [];
  for (let y = 0; y < height; y++) {
    let start = -1;
    for (let x = 0; x <= width; x++) {
      const at = y * width + x;
      let above = false;
      if (x < width) {
        const level = typeof threshold === "number" ? f(threshold) : threshold[at]!;
        const limit = variance ? f(level * f(Math.sqrt(variance[at]!))) : level;
        above = image[at]! * sign > limit && ((mask?.[at] ?? 0) & ignoreBits) === 0;
      }
      if (above && start < 0) start = x;
      if (!above && start >= 0) {
        runs.push(y, start, x - 1);
        start = -1;
      }
    }
  }
  return Int32Array.from(runs);
}
