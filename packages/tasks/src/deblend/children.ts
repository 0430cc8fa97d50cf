import type { Detections } from "../detection/detections.ts";

/** Each detection's own light: pixels `pixel[starts[k] … starts[k+1]−1]` (plane index) with its share of their values. */
export interface Children {
  readonly starts: Float64Array;
  readonly pixel: Int32Array;
  readonly value: Float32Array;
  /** 1 where the footprint was too large for templates and pixels went whole to the nearest peak. */
  readonly undeblended: Uint8Array;
}

/** Adds (sign 1) or takes away (−1) one child's light. */
export function applyChild(image: Float32Array, children: Children, k: number, sign: 1 | -1): void {
  const { pixel, value } = children;
  const end = children.starts[k + 1]!;
  for (let i = children.starts[k]!; i < end; i++) image[pixel[i]!]! += sign * value[i]!;
}

/** Number of peaks in the footprint of detection `k` (detections are ordered by footprint). */
export function countSiblings(detections: Detections): Int32Array {
  const perFootprint = new Int32Array(detections.footprints.count);
  for (let k = 0; k < detections.count; k++) perFootprint[detections.footprint[k]!]!++;
  return Int32Array.from(detections.footprint, (f) => perFootprint[f]!);
}
