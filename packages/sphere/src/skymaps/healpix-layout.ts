import { offsetPosition } from "../angle.ts";
import { createHealpixPixelization } from "../pixels/healpix.ts";
import { createUnitVector, vectorToSky } from "../unit-vector.ts";
import type { HealpixSkyMapConfig } from "./sky-map-config.ts";
import type { TractLayout } from "./tract-layout.ts";

/** Directions in which a tract reaches half its overlap beyond each corner of its pixel. */
const BEARINGS = Array.from({ length: 24 }, (_, i) => i * 15);

/**
 * One tract per HEALPix pixel, of the standard sky (lsst.skymap's retired HealpixSkyMap counts declination backwards). Give
 * a rotation of 45° to turn the tracts' pixels along those of HEALPix.
 */
export function createHealpixLayout(config: HealpixSkyMapConfig): TractLayout {
  const pixels = createHealpixPixelization(config.log2NSide);
  const toNest = (id: number): number => (config.nest ? id : pixels.ringToNest(id));
  return {
    tractCount: 12 * pixels.nside ** 2,
    centre: (id) => vectorToSky(pixels.centre(toNest(id))),
    extent(id) {
      const corners = pixels.boundary(toNest(id), 1).map(vectorToSky);
      if (config.tractOverlapDeg === 0) return corners;
      const reach = config.tractOverlapDeg * 1800;
      return corners.flatMap(({ raDeg, decDeg }) =>
        BEARINGS.map((bearing) => offsetPosition(raDeg, decDeg, bearing, reach)),
      );
    },
    innerRegion: (id) => pixels.pixel(toNest(id)),
    findId(raDeg, decDeg) {
      const v = createUnitVector(raDeg, decDeg);
      return config.nest ? pixels.indexOf(v) : pixels.ringIndexOf(v);
    },
  };
}
