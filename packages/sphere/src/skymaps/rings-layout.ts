import { wrapDegrees } from "../angle.ts";
import { createSkyBox } from "../regions/sky-box.ts";
import type { RingsSkyMapConfig } from "./sky-map-config.ts";
import { crossAround, type TractLayout } from "./tract-layout.ts";

/**
 * Rings of declination numbered from the south, each with as many tracts as its side nearer the equator needs, and two polar
 * caps: tract 0 at the south pole, the last at the north pole (lsst.skymap's RingsSkyMap, version 1).
 */
export function createRingsLayout(config: RingsSkyMapConfig): TractLayout {
  const { numRings } = config;
  const raStartDeg = config.raStartDeg ?? 0;
  const ringSize = Math.PI / (numRings + 1);
  const ringSizeDeg = 180 / (numRings + 1);
  const firstStart = 0.5 * ringSize - 0.5 * Math.PI;
  const tractsInRing = Array.from({ length: numRings }, (_, ring) => {
    const start = ringSize * (ring + 0.5) - 0.5 * Math.PI;
    const nearest = Math.min(Math.abs(start), Math.abs(start + ringSize));
    return Math.floor((2 * Math.PI * Math.cos(nearest)) / ringSize) + 1;
  });
  const firstOfRing = [1];
  for (const count of tractsInRing) firstOfRing.push(firstOfRing[firstOfRing.length - 1]! + count);
  const tractCount = firstOfRing[numRings]! + 1;

  /** Ring and place in it; ring −1 and numRings are the caps. */
  const placeOf = (id: number): { ring: number; place: number } => {
    if (id === 0) return { ring: -1, place: 0 };
    const next = firstOfRing.findIndex((first) => first > id);
    return next < 0 ? { ring: numRings, place: 0 } : { ring: next - 1, place: id - firstOfRing[next - 1]! };
  };
  const centre = (id: number): { raDeg: number; decDeg: number } => {
    const { ring, place } = placeOf(id);
    if (ring < 0) return { raDeg: 0, decDeg: -90 };
    if (ring === numRings) return { raDeg: 0, decDeg: 90 };
    return {
      raDeg: wrapDegrees((360 * place) / tractsInRing[ring]! + raStartDeg),
      decDeg: ringSizeDeg * (ring + 1) - 90,
    };
  };
  return {
    tractCount,
    centre,
    extent: (id) => crossAround(centre(id), 0.5 * ringSizeDeg + config.tractOverlapDeg),
    innerRegion(id) {
      const { ring, place } = placeOf(id);
      const decFrom = ring < 0 ? -90 : -90 + (ring + 0.5) * ringSizeDeg;
      const decTo = ring === numRings ? 90 : -90 + (ring + 1.5) * ringSizeDeg;
      if (ring < 0 || ring === numRings) return createSkyBox(0, decFrom, 360, decTo);
      const step = 360 / tractsInRing[ring]!;
      const raFrom = wrapDegrees(raStartDeg + (place - 0.5) * step);
      return createSkyBox(raFrom, decFrom, wrapDegrees(raStartDeg + (place + 0.5) * step), decTo);
    },
    findId(raDeg, decDeg) {
      const dec = (decDeg * Math.PI) / 180;
      if (dec < firstStart) return 0;
      if (dec > -firstStart) return tractCount - 1;
      const ring = Math.min(Math.floor((dec - firstStart) / ringSize), numRings - 1);
      const count = tractsInRing[ring]!;
      const place = Math.floor(wrapDegrees(raDeg - raStartDeg) / (360 / count) + 0.5);
      return firstOfRing[ring]! + (place === count ? 0 : place);
    },
  };
}
