import type { Picture, Plane } from "./plane.ts";
import { quantilesOf } from "./quantiles.ts";

/** How pixel values become grey. */
export interface GreyStretch {
  /** `linear` between two quantiles (raw frames), or `asinh` above the sky (calibrated ones). */
  readonly kind: "linear" | "asinh";
  readonly lowQuantile: number;
  readonly highQuantile: number;
}

/** A grey picture of one plane; unknown pixels become a dark blue-grey that no stretch gives. */
export function drawGrey(plane: Plane, stretch: GreyStretch): Picture {
  const [low, middle, high] = quantilesOf(plane.data, [stretch.lowQuantile, 0.5, stretch.highQuantile]) as [
    number,
    number,
    number,
  ];
  const noise = Math.max(middle - low, 1e-12);
  const top = Math.asinh((high - low) / (3 * noise));
  const { width, height } = plane;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = plane.data[y * width + x]!;
      const t =
        stretch.kind === "linear"
          ? (value - low) / (high - low || 1)
          : Math.asinh((value - low) / (3 * noise)) / top;
      data[(height - 1 - y) * width + x] = t - t === 0 ? Math.max(0, Math.min(255, Math.round(255 * t))) : 24;
    }
  }
  return { width, height, channels: 1, data };
}
