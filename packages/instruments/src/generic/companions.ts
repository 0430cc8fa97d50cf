import { basename } from "node:path";
import type { Companions, FrameInfo, PlaneSource } from "./frame-info.ts";

/** A file's name without folder, compression and what marks it as image, mask or weight: equal for what belongs together. */
export function companionKey(path: string): string {
  return basename(path)
    .replace(/\.(fz|gz|bz2|Z)$/i, "")
    .replace(/\.(fits?|fts)$/i, "")
    .replace(/^fp[CM]-/, "fp-")
    .replace(/([-_.])oo[idw]([-_.])/i, "$1oo$2")
    .replace(/([-_.])o[idw]([-_.])/i, "$1o$2")
    .replace(/[-_.](image|img|sci|mask|msk|bpm|dqm?|dqmask|flags?|weight|wht|wt|ivar|invvar)$/i, "");
}

/** Joins masks and weights that are files of their own to the reduced images they belong to. */
export function pairCompanions(frames: readonly FrameInfo[]): FrameInfo[] {
  const planes = new Map<string, FrameInfo[]>();
  for (const frame of frames) {
    if (frame.kind !== "mask" && frame.kind !== "weight") continue;
    const key = companionKey(frame.path);
    planes.set(key, [...(planes.get(key) ?? []), frame]);
  }
  return frames.map((frame) => {
    if (frame.kind !== "reduced") return frame;
    const near = (planes.get(companionKey(frame.path)) ?? []).filter((plane) => fits(plane, frame));
    const mask = near.find((plane) => plane.kind === "mask");
    const weight = near.find((plane) => plane.kind === "weight");
    const companions: Companions = {
      ...(mask === undefined ? {} : { mask: sourceOf(mask) }),
      ...(weight === undefined ? {} : { weight: sourceOf(weight) }),
      // Planes of the same file go before those of others.
      ...frame.companions,
    };
    return { ...frame, companions };
  });
}

/** A plane fits an image of its size and detector, or is a list of spans. */
function fits(plane: FrameInfo, frame: FrameInfo): boolean {
  if (plane.hdu < 0) return true;
  return (
    plane.width === frame.width && plane.height === frame.height && plane.detectorName === frame.detectorName
  );
}

function sourceOf(plane: FrameInfo): PlaneSource {
  return { path: plane.path, hdu: plane.hdu, format: plane.hdu < 0 ? "sdss-spans" : "image" };
}
