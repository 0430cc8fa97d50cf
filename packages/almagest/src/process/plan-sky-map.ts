import { createTanWcs, type DiscreteSkyMapConfig } from "@almagest/sphere";
import { medianOf } from "../judge/robust.ts";
import { placeOf } from "./group-frames.ts";
import { digestOf } from "./run-stage.ts";
import type { SettledFrame } from "./settled-frame.ts";

/** Largest inner side of a patch, pixels. */
const LARGEST_PATCH = 2500;
const PATCH_BORDER = 50;
/** Room around a field, pixels. */
const MARGIN = 10;

/** A field whose frames are stacked: its number among the frames, and that of its tract. */
export interface StackedField {
  readonly field: number;
  readonly tract: number;
}

/** A sky map made for some frames, and what its tracts stand for. */
export interface FieldMap {
  readonly config: DiscreteSkyMapConfig;
  readonly fields: readonly StackedField[];
}

/** Corners of a frame's pixels. */
export function cornersOf({ frame: { bbox }, wcs }: SettledFrame): Array<{ raDeg: number; decDeg: number }> {
  const [x0, y0] = [bbox.x0 - 0.5, bbox.y0 - 0.5];
  const [x1, y1] = [x0 + bbox.width, y0 + bbox.height];
  return [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
  ].map(([x, y]) => wcs!.pixelToSky(x!, y!));
}

/** The square around some frames: centre and half a side, degrees. */
function tractAround(frames: readonly SettledFrame[]): { raDeg: number; decDeg: number; radiusDeg: number } {
  const first = placeOf(frames[0]!.wcs!, frames[0]!.frame.bbox);
  const corners = frames.flatMap(cornersOf);
  let centre = { raDeg: first.raDeg, decDeg: first.decDeg };
  let radiusDeg = 0;
  // Twice, since the plane's centre moves to the middle of the corners.
  for (let round = 0; round < 2; round++) {
    const plane = createTanWcs({
      crvalRaDeg: centre.raDeg,
      crvalDecDeg: centre.decDeg,
      crpixX: 0,
      crpixY: 0,
      cd: [-1, 0, 0, 1],
    });
    const points = corners.map(({ raDeg, decDeg }) => plane.skyToPixel(raDeg, decDeg));
    const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
    const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    radiusDeg = Math.max(x1 - x0, y1 - y0) / 2;
    centre = plane.pixelToSky((x0 + x1) / 2, (y0 + y1) / 2);
  }
  return { ...centre, radiusDeg };
}

/**
 * A sky map with one tract around each field that two good frames or more show, at the median pixel scale of the frames.
 * Undefined when nothing overlaps.
 */
export function planSkyMap(frames: readonly SettledFrame[]): FieldMap | undefined {
  const used = frames.filter(({ use }) => use);
  const fields = [...new Set(used.map(({ field }) => field))]
    .sort((a, b) => a - b)
    .filter((field) => used.filter((frame) => frame.field === field).length > 1);
  const stacked = used.filter(({ field }) => fields.includes(field));
  if (stacked.length === 0) return undefined;
  const scale = medianOf(stacked.map(({ wcs, frame }) => placeOf(wcs!, frame.bbox).pixelScaleArcsec));
  const tracts = fields.map((field) => {
    const { raDeg, decDeg, radiusDeg } = tractAround(stacked.filter((frame) => frame.field === field));
    return { raDeg, decDeg, radiusDeg: radiusDeg + (MARGIN * scale) / 3600 };
  });
  const side = (2 * Math.max(...tracts.map(({ radiusDeg }) => radiusDeg)) * 3600) / scale;
  const inner = Math.ceil(side / Math.ceil(side / LARGEST_PATCH));
  const shape = {
    pixelScaleArcsec: scale,
    tractOverlapDeg: 0,
    patches: { kind: "legacy", innerWidth: inner, innerHeight: inner, border: PATCH_BORDER } as const,
    tracts,
  };
  return {
    config: { kind: "discrete", name: `fields-${digestOf(shape)}`, ...shape },
    fields: fields.map((field, tract) => ({ field, tract })),
  };
}
