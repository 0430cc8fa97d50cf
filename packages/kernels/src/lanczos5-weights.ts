import { lanczos } from "./lanczos-table.ts";

/** Taps each way of the Lanczos-5 kernel; eleven in all. */
export const LANCZOS5_REACH = 5;

/** The eleven weights of a shift (fractions of a pixel, positive moves light to higher coordinates) into `out`, sum 1. */
export function fillLanczos5(shift: number, out: Float64Array): void {
  let sum = 0;
  for (let k = -LANCZOS5_REACH; k <= LANCZOS5_REACH; k++)
    sum += out[k + LANCZOS5_REACH] = lanczos(k + shift, LANCZOS5_REACH);
  for (let k = 0; k < out.length; k++) out[k]! /= sum;
}
