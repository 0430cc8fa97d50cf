import type { Camera, Detector } from "@almagest/images";
import { createTanSipWcs, createTanWcs, type SkyWcs } from "@almagest/sphere";

/** Where a camera points: the boresight and the position angle of the focal plane's +y axis, east of north. */
export interface Pointing {
  readonly raDeg: number;
  readonly decDeg: number;
  readonly rotatorDeg: number;
}

/**
 * Radial terms of the tangent plane: tan θ = s·r·(1 + t₁r² + t₂r⁴), r in mm, from the camera's θ = s·r·(1 + k₁r² + k₂r⁴).
 * The series is cut at r⁶, which is below 1e-4 arcsec within 1°.
 */
function tangentTerms(camera: Camera): readonly [number, number] {
  const scale = ((camera.plateScaleArcsecPerMm / 3600) * Math.PI) / 180;
  const [k1 = 0, k2 = 0] = camera.distortion;
  const s2 = scale * scale;
  return [k1 + s2 / 3, k2 + s2 * k1 + (2 / 15) * s2 * s2];
}

/**
 * The pixel to sky mapping of one detector when the camera points as told: a TAN-SIP mapping whose reference pixel is the
 * optical axis in the detector's own pixel coordinates, so that the radial distortion is an exact SIP polynomial of order 5.
 */
export function createDetectorWcs(camera: Camera, detector: Detector, pointing: Pointing): SkyWcs {
  const { bbox, pixelSizeMm } = detector;
  const turn = (detector.rotationDeg * Math.PI) / 180;
  const cosTurn = Math.cos(turn);
  const sinTurn = Math.sin(turn);
  // The optical axis (focal-plane origin) in the detector's pixels.
  const dx = -detector.centerXMm / pixelSizeMm;
  const dy = -detector.centerYMm / pixelSizeMm;
  const crpixX = bbox.x0 + (bbox.width - 1) / 2 + cosTurn * dx + sinTurn * dy;
  const crpixY = bbox.y0 + (bbox.height - 1) / 2 - sinTurn * dx + cosTurn * dy;

  const scaleDeg = (camera.plateScaleArcsecPerMm * pixelSizeMm) / 3600;
  // A pixel step (1, 0) on a turned detector is (cos, sin) on the focal plane; +y of the plane is at the position angle.
  const angle = ((pointing.rotatorDeg + detector.rotationDeg) * Math.PI) / 180;
  const cosine = Math.cos(angle) * scaleDeg;
  const sine = Math.sin(angle) * scaleDeg;
  const linear = {
    crvalRaDeg: pointing.raDeg,
    crvalDecDeg: pointing.decDeg,
    crpixX,
    crpixY,
    cd: [-cosine, sine, sine, cosine] as const,
  };
  const [t1, t2] = tangentTerms(camera);
  const third = t1 * pixelSizeMm ** 2;
  const fifth = t2 * pixelSizeMm ** 4;
  if (third === 0 && fifth === 0) return createTanWcs(linear);
  return createTanSipWcs({ ...linear, sip: radialSip(third, fifth) });
}

/** SIP coefficients of u′ = u(1 + c₃ρ² + c₅ρ⁴), v′ alike, ρ² = u² + v². */
function radialSip(c3: number, c5: number): { order: number; a: Float64Array; b: Float64Array } {
  const order = 5;
  const a = new Float64Array((order + 1) ** 2);
  const b = new Float64Array((order + 1) ** 2);
  const set = (p: number, q: number, value: number): void => {
    a[p * (order + 1) + q] = value;
    b[q * (order + 1) + p] = value;
  };
  set(3, 0, c3);
  set(1, 2, c3);
  set(5, 0, c5);
  set(3, 2, 2 * c5);
  set(1, 4, c5);
  return { order, a, b };
}
