import type { SkyWcs } from "@almagest/sphere";
import type { FrameVerdict } from "./judge-frames.ts";
import type { MeasuredFrame } from "./measured-frame.ts";

/** Where a frame's positions come from. */
export type PositionSource = "reference" | "header" | "telescope" | "other frames" | "pixels only" | "none";

/** Where a frame's flux scale comes from. */
export type ScaleSource = "reference" | "header" | "other frames" | "nominal";

/** A frame of which everything is settled: whether it is good, where it lies, how bright its sources are. */
export interface SettledFrame {
  readonly frame: MeasuredFrame;
  readonly verdict: FrameVerdict;
  /** Frames of one field overlap, or show the same stars. */
  readonly field: number;
  readonly wcs?: SkyWcs;
  readonly positions: PositionSource;
  /** nJy per unit of the image as stored. */
  readonly nanojanskyPerUnit: number;
  readonly scale: ScaleSource;
  /** Whether it goes into stacks, and if not, why. */
  readonly use: boolean;
  readonly reason?: string;
}

/** Whether right ascensions and declinations of a frame are those of the sky, if only roughly. */
export function isOnSky({ positions }: SettledFrame): boolean {
  return positions !== "pixels only" && positions !== "none";
}
