import {
  boxStatistics,
  convolveSeparable,
  convolveSeparableMasked,
  crosstalkSubtract,
  detectSpans,
  isrFuse,
  medianOf,
  stackClipped,
  subtractMesh,
  sumCircularApertures,
} from "@almagest/kernels";
import type { Bar } from "../../scripts/bar.ts";
import { createSkyFrame, SIDE, timeBar } from "./sky-frame.ts";

const PIXELS = SIDE * SIDE;

/** Kernels that must keep up with a detector: one 4096² frame each. */
export const bars: Bar[] = [
  timeBar("background mesh: clipped statistics of 128² boxes", 0.12, () => {
    const frame = createSkyFrame();
    const mask = new Uint32Array(PIXELS);
    return () => boxStatistics(frame, mask, 1, SIDE, SIDE, 128);
  }),
  timeBar("subtract a bicubic-spline mesh in place", 0.06, () => {
    const frame = createSkyFrame();
    const mesh = { nx: 32, ny: 32, boxSize: 128, values: new Float32Array(1024).fill(1) };
    return () => subtractMesh(frame, SIDE, SIDE, mesh);
  }),
  timeBar("detect and label spans above 5σ of the variance plane", 0.08, () => {
    const image = createSkyFrame().map((value) => value - 1000);
    const variance = new Float32Array(PIXELS).fill(100);
    const mask = new Uint32Array(PIXELS);
    return () =>
      detectSpans({ image, width: SIDE, height: SIDE, threshold: 5, variance, mask, ignoreBits: 1 });
  }),
  timeBar("separable 15 × 15 convolution", 0.1, () => {
    const frame = createSkyFrame();
    const dst = new Float32Array(PIXELS);
    const kernel = new Float32Array(15).fill(1 / 15);
    return () => convolveSeparable(frame, SIDE, SIDE, kernel, kernel, dst);
  }),
  timeBar("separable 15 × 15 convolution that leaves masked pixels out", 0.2, () => {
    const frame = createSkyFrame();
    const mask = new Uint32Array(PIXELS);
    const dst = new Float32Array(PIXELS);
    const kernel = new Float32Array(15).fill(1 / 15);
    return () => convolveSeparableMasked(frame, mask, 1, SIDE, SIDE, kernel, kernel, dst);
  }),
  timeBar("instrument signature of 16 amplifiers with bias, dark and flat", 0.2, () => {
    const raw = new Uint16Array(576 * 2100).fill(2000);
    const plane = new Float32Array(PIXELS).fill(1);
    const [image, variance, mask] = [
      new Float32Array(PIXELS),
      new Float32Array(PIXELS),
      new Uint32Array(PIXELS),
    ];
    const planes = {
      stride: SIDE,
      image,
      variance,
      mask,
      bias: plane,
      dark: plane,
      flat: plane,
      saturatedBits: 2,
      badBits: 1,
    };
    return () => {
      for (let amp = 0; amp < 16; amp++) {
        const place = {
          dstX0: (amp % 8) * 512,
          dstY0: (amp >> 3) * 2048,
          flipX: amp % 2 === 0,
          flipY: amp > 7,
        };
        const stored = { raw, rawStride: 576, rawX0: 10, rawY0: 0, width: 512, height: 2048 };
        isrFuse({ ...stored, ...place, gain: 1.5, readNoise: 5, saturationAdu: 60000 }, planes);
      }
    };
  }),
  timeBar("crosstalk among 16 amplifiers", 0.1, () => {
    const segments = Array.from({ length: 16 }, () => new Float32Array(PIXELS / 16).fill(1));
    const coefficients = segments.map(() => segments.map(() => 1e-4));
    return () => crosstalkSubtract(segments, coefficients);
  }),
  timeBar("stack ten images with clipping", 1, () => {
    const image = createSkyFrame();
    const input = { image, variance: new Float32Array(PIXELS).fill(100), mask: new Uint32Array(PIXELS) };
    const inputs = Array(10).fill(input) as (typeof input)[];
    const out = {
      image: new Float32Array(PIXELS),
      variance: new Float32Array(PIXELS),
      mask: new Uint32Array(PIXELS),
    };
    return () => stackClipped(inputs, out, { badBits: 1, clipSigma: 3, clippedBits: 4096 });
  }),
  timeBar("exact median of a frame", 0.3, () => {
    const frame = createSkyFrame();
    return () => medianOf(frame);
  }),
  timeBar("6000 sources in three exact apertures each", 0.3, () => {
    const image = createSkyFrame();
    const at = Float64Array.from({ length: 6000 }, (_, i) => 20.3 + i * 0.67);
    return () => sumCircularApertures({ image, width: SIDE, height: SIDE }, at, at, [4, 8, 12]);
  }),
];
