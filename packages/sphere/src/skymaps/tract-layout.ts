import { DEGREE, offsetPosition } from "../angle.ts";
import type { Region } from "../regions/region.ts";
import type { SkyWcs } from "../sky-wcs.ts";
import { createTanWcs } from "../wcs/tan-wcs.ts";
import type { SkyMapBaseConfig } from "./sky-map-config.ts";

interface Position {
  readonly raDeg: number;
  readonly decDeg: number;
}

/** Where the tracts of one kind of sky map lie; one implementation per kind. */
export interface TractLayout {
  readonly tractCount: number;
  centre(id: number): Position;
  /** Positions that the tract must hold. */
  extent(id: number): Position[];
  /** The tract's own area; undefined for the whole of its bounding box. */
  innerRegion(id: number): Region | undefined;
  /** The tract to which a position belongs (the nearest, where tracts do not cover the sky). */
  findId(raDeg: number, decDeg: number): number;
}

/** The plane of a tract: reference pixel (0, 0) at its centre, x towards west, y towards north, turned by the rotation. */
export function createTractWcs(config: SkyMapBaseConfig, centre: Position): SkyWcs {
  const scaleDeg = config.pixelScaleArcsec / 3600;
  const rotation = (config.rotationDeg ?? 0) * DEGREE;
  const cosine = scaleDeg * Math.cos(rotation);
  const sine = scaleDeg * Math.sin(rotation);
  return createTanWcs({
    crvalRaDeg: centre.raDeg,
    crvalDecDeg: centre.decDeg,
    crpixX: 0,
    crpixY: 0,
    cd: [-cosine, sine, sine, cosine],
    projection: config.projection ?? "TAN",
  });
}

/** The four points a distance from a position, east, north, west and south. */
export function crossAround(centre: Position, radiusDeg: number): Position[] {
  return [90, 0, 270, 180].map((bearing) =>
    offsetPosition(centre.raDeg, centre.decDeg, bearing, radiusDeg * 3600),
  );
}
