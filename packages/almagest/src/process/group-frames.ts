import type { Box } from "@almagest/images";
import { angularSeparationArcsec, type SkyWcs } from "@almagest/sphere";

/** A frame's place on the sky as a circle. */
export interface FramePlace {
  readonly raDeg: number;
  readonly decDeg: number;
  readonly radiusDeg: number;
  readonly pixelScaleArcsec: number;
}

/** The circle around a frame. */
export function placeOf(wcs: SkyWcs, bbox: Box): FramePlace {
  const x = bbox.x0 + (bbox.width - 1) / 2;
  const y = bbox.y0 + (bbox.height - 1) / 2;
  const centre = wcs.pixelToSky(x, y);
  const corners = [
    [bbox.x0, bbox.y0],
    [bbox.x0 + bbox.width, bbox.y0],
    [bbox.x0, bbox.y0 + bbox.height],
    [bbox.x0 + bbox.width, bbox.y0 + bbox.height],
  ] as const;
  const radii = corners.map(([cx, cy]) => {
    const corner = wcs.pixelToSky(cx, cy);
    return angularSeparationArcsec(centre.raDeg, centre.decDeg, corner.raDeg, corner.decDeg);
  });
  return { ...centre, radiusDeg: Math.max(...radii) / 3600, pixelScaleArcsec: wcs.pixelScaleArcsec(x, y) };
}

/** Numbers the fields that some places form: places that touch, directly or through others, share a number. */
export function groupPlaces(places: readonly FramePlace[]): number[] {
  const field = places.map((_, k) => k);
  const rootOf = (k: number): number => (field[k] === k ? k : rootOf(field[k]!));
  for (let i = 0; i < places.length; i++) {
    for (let j = i + 1; j < places.length; j++) {
      const [a, b] = [places[i]!, places[j]!];
      const apart = angularSeparationArcsec(a.raDeg, a.decDeg, b.raDeg, b.decDeg) / 3600;
      if (apart < a.radiusDeg + b.radiusDeg) field[rootOf(j)] = rootOf(i);
    }
  }
  const roots = places.map((_, k) => rootOf(k));
  const numbers = new Map([...new Set(roots)].map((root, k) => [root, k]));
  return roots.map((root) => numbers.get(root)!);
}
