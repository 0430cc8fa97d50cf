import type { FrameInfo, ObservationInfo } from "@almagest/instruments";

/** A frame that takes part: what its header tells, and the ids under which the repository knows it. */
export interface ProcessFrame {
  readonly path: string;
  readonly frame: FrameInfo;
  readonly info: ObservationInfo;
}

/** One instrument's frames. */
export interface InstrumentFrames {
  readonly instrument: string;
  readonly frames: readonly ProcessFrame[];
}

/** Frames that show the sky: raw science frames and reduced images. */
export function isSkyFrame({ frame }: ProcessFrame): boolean {
  return frame.kind === "science" || frame.kind === "reduced";
}

/** Names a detector image within an instrument. */
export function frameKey(visit: number, detector: number): string {
  return `${visit}/${detector}`;
}
