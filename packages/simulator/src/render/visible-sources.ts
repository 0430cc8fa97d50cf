import type { Camera, Detector } from "@almagest/images";
import { createDetectorWcs } from "@almagest/instruments";
import { angularSeparationArcsec, type SkyWcs } from "@almagest/sphere";
import type { PlannedVisit } from "../plan/exposures.ts";
import { moverPosition } from "../sky/movers.ts";
import { fluxAt, type SkyModel } from "../sky/sky-model.ts";

/** The sources that shine on one detector in one visit; movers have negative ids. */
export interface VisibleSources {
  readonly count: number;
  readonly id: Int32Array;
  /** Index into the sky's objects, −1 for movers. */
  readonly index: Int32Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly fluxNanojansky: Float64Array;
  /** Electrons above the atmosphere's and optics' losses, before the detector's response. */
  readonly electrons: Float64Array;
}

/** The mapping from pixels to the sky as it truly was. */
export function trueWcs(camera: Camera, detector: Detector, visit: PlannedVisit): SkyWcs {
  return createDetectorWcs(camera, detector, visit.actual);
}

/** Finds the sources within `marginPixels` of a detector, with their positions and electrons. */
export function findVisibleSources(
  sky: SkyModel,
  band: string,
  visit: PlannedVisit,
  detector: Detector,
  wcs: SkyWcs,
  marginPixels: number,
): VisibleSources {
  const { objects } = sky;
  const { width, height } = detector.bbox;
  const centre = wcs.pixelToSky((width - 1) / 2, (height - 1) / 2);
  const scale = wcs.pixelScaleArcsec((width - 1) / 2, (height - 1) / 2);
  const reach = (Math.hypot(width, height) / 2 + marginPixels) * scale * 1.05;
  const candidates: { id: number; index: number; raDeg: number; decDeg: number; flux: number }[] = [];
  const reachDeg = reach / 3600;
  for (let index = 0; index < objects.count; index++) {
    const decDeg = objects.decDeg[index]!;
    if (Math.abs(decDeg - centre.decDeg) > reachDeg) continue;
    const raDeg = objects.raDeg[index]!;
    if (angularSeparationArcsec(raDeg, decDeg, centre.raDeg, centre.decDeg) > reach) continue;
    const flux = fluxAt(sky, index, band, visit.midMjd);
    if (flux > 0) candidates.push({ id: objects.id[index]!, index, raDeg, decDeg, flux });
  }
  for (const mover of sky.movers) {
    const place = moverPosition(mover, visit.midMjd);
    if (angularSeparationArcsec(place.raDeg, place.decDeg, centre.raDeg, centre.decDeg) < reach) {
      candidates.push({ id: -mover.id, index: -1, ...place, flux: mover.flux[band]! });
    }
  }
  const x = Float64Array.from(candidates, (source) => source.raDeg);
  const y = Float64Array.from(candidates, (source) => source.decDeg);
  wcs.skyToPixelArrays(x, y, x, y);
  const kept = candidates.flatMap((source, i) => {
    const inside =
      x[i]! > -marginPixels &&
      x[i]! < width + marginPixels &&
      y[i]! > -marginPixels &&
      y[i]! < height + marginPixels;
    return inside ? [{ ...source, x: x[i]!, y: y[i]! }] : [];
  });
  const gain = 10 ** (-0.4 * (31.4 - visit.zeroPointMag));
  return {
    count: kept.length,
    id: Int32Array.from(kept, (source) => source.id),
    index: Int32Array.from(kept, (source) => source.index),
    x: Float64Array.from(kept, (source) => source.x),
    y: Float64Array.from(kept, (source) => source.y),
    fluxNanojansky: Float64Array.from(kept, (source) => source.flux),
    electrons: Float64Array.from(kept, (source) => source.flux * gain),
  };
}
