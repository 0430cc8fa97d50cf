import {
  calibrateRows,
  convolve,
  detectSpans,
  shiftCut,
  stackClipped,
  warpLanczos3,
} from "@almagest/kernels";
import { calibrateRowsPlain } from "../../packages/kernels/src/oracle/calibrate-rows.ts";
import { convolvePlain } from "../../packages/kernels/src/oracle/convolve.ts";
import { findSpansPlain } from "../../packages/kernels/src/oracle/find-spans.ts";
import { shiftCutPlain } from "../../packages/kernels/src/oracle/shift-cut.ts";
import { stackClippedPlain } from "../../packages/kernels/src/oracle/stack-clipped.ts";
import { warpLanczos3Plain } from "../../packages/kernels/src/oracle/warp-lanczos3.ts";
import type { Bar } from "../../scripts/bar.ts";
import { bestSeconds, createSkyFrame } from "./sky-frame.ts";

const SIDE = 1024;
const PIXELS = SIDE * SIDE;

function ratioBar(name: string, least: number, prepare: () => { fast(): void; plain(): void }): Bar {
  return {
    name,
    goal: `≥ ${least} × the plain twin`,
    measure: async () => {
      const { fast, plain } = prepare();
      const quick = bestSeconds(5, fast);
      const slow = bestSeconds(2, plain);
      const figure = `${(slow / quick).toFixed(1)} × (${(quick * 1e3).toFixed(1)} ms against ${(slow * 1e3).toFixed(0)} ms)`;
      return { figure, pass: slow / quick >= least };
    },
  };
}

/** Kernels against their plain TypeScript twins, 1024². */
export const bars: Bar[] = [
  ratioBar("convolution 7 × 7", 4, () => {
    const frame = createSkyFrame(SIDE);
    const kernel = new Float32Array(49).fill(1 / 49);
    const dst = new Float32Array(PIXELS);
    return {
      fast: () => convolve(frame, SIDE, SIDE, kernel, 7, dst),
      plain: () => convolvePlain(frame, SIDE, SIDE, kernel, 7, dst),
    };
  }),
  ratioBar("spans above threshold", 2, () => {
    const input = { image: createSkyFrame(SIDE), width: SIDE, height: SIDE, threshold: 1050 };
    return { fast: () => void detectSpans(input), plain: () => void findSpansPlain(input) };
  }),
  ratioBar("stack of ten", 4, () => {
    const input = { image: createSkyFrame(SIDE), variance: new Float32Array(PIXELS).fill(100) };
    const inputs = Array(10).fill(input) as (typeof input)[];
    const out = { image: new Float32Array(PIXELS) };
    const options = { badBits: 0, clipSigma: 3 };
    return {
      fast: () => stackClipped(inputs, out, options),
      plain: () => stackClippedPlain(inputs, out, options),
    };
  }),
  ratioBar("warp with Lanczos 3", 4, () => {
    const image = createSkyFrame(SIDE);
    const src = { width: SIDE, height: SIDE, image, variance: image };
    const grid = { step: 512, nx: 3, ny: 3, x: new Float64Array(9), y: new Float64Array(9) };
    for (let i = 0; i < 9; i++) {
      grid.x[i] = 512 * (i % 3) + 8 * Math.floor(i / 3);
      grid.y[i] = 512 * Math.floor(i / 3) - 8 * (i % 3);
    }
    const dst = {
      width: SIDE,
      height: SIDE,
      image: new Float32Array(PIXELS),
      variance: new Float32Array(PIXELS),
    };
    return {
      fast: () => warpLanczos3(src, grid, dst, { noDataBits: 256 }),
      plain: () => warpLanczos3Plain(src, grid, dst, { noDataBits: 256 }),
    };
  }),
  ratioBar("a thousand stamps cut and shifted", 2, () => {
    const stamp = createSkyFrame(41);
    const out = new Float32Array(23 * 23);
    const repeat = (shift: typeof shiftCut): void => {
      for (let k = 0; k < 1000; k++) shift(stamp, 41, 11, k / 2000, -k / 2000, out);
    };
    return { fast: () => repeat(shiftCut), plain: () => repeat(shiftCutPlain) };
  }),
  ratioBar("bias, dark and flat of an amplifier's rows", 1.5, () => {
    const signal = createSkyFrame(SIDE);
    const plane = (value: number): Float32Array => new Float32Array(PIXELS).fill(value);
    const rows = {
      ...{ signal, bits: new Uint8Array(PIXELS), stride: SIDE, width: SIDE, count: SIDE },
      ...{ at: 0, step: SIDE, flip: false, readVariance: 25 },
    };
    const planes = {
      ...{ image: plane(0), variance: plane(0), darkSec: 30, minimumFlat: 0.1, unlitBit: 1 },
      bias: { data: plane(3), variance: plane(1) },
      dark: { data: plane(0.01), variance: plane(1e-5) },
      flat: { data: plane(0.98), variance: plane(1e-6) },
    };
    return {
      fast: () => void calibrateRows(rows, planes),
      plain: () => void calibrateRowsPlain(rows, planes),
    };
  }),
];
