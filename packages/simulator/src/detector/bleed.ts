import type { Detector } from "@almagest/images";

/** Full wells relative to the level at which pixels count as saturated. */
const WELL_ABOVE_SATURATION = 1.05;

/** Electrons an amplifier's pixels hold before they overflow. */
export function fullWell(detector: Detector, amplifier: number): number {
  const { saturationAdu, gain } = detector.amplifiers[amplifier]!;
  return WELL_ABOVE_SATURATION * saturationAdu * gain;
}

/**
 * Lets charge above the full well run along its column, half each way, until pixels with room take it; it leaves the
 * amplifier at the serial register and stops at the middle of the detector.
 */
export function bleedCharge(electrons: Float32Array, detector: Detector): void {
  const { width } = detector.bbox;
  detector.amplifiers.forEach(({ bbox }, index) => {
    const well = fullWell(detector, index);
    const columnExcess = new Float64Array(bbox.height);
    for (let x = bbox.x0; x < bbox.x0 + bbox.width; x++) {
      let any = false;
      for (let row = 0; row < bbox.height; row++) {
        const at = (bbox.y0 + row) * width + x;
        const excess = electrons[at]! - well;
        columnExcess[row] = excess > 0 ? excess / 2 : 0;
        if (excess > 0) {
          electrons[at] = well;
          any = true;
        }
      }
      if (!any) continue;
      spill(electrons, columnExcess, x, bbox.y0, width, well, 1);
      spill(electrons, columnExcess, x, bbox.y0, width, well, -1);
    }
  });
}

function spill(
  electrons: Float32Array,
  excess: Float64Array,
  x: number,
  y0: number,
  width: number,
  well: number,
  direction: 1 | -1,
): void {
  let carried = 0;
  for (let i = 0; i < excess.length; i++) {
    const row = direction === 1 ? i : excess.length - 1 - i;
    const at = (y0 + row) * width + x;
    const taken = Math.min(carried, well - electrons[at]!);
    electrons[at]! += taken;
    carried += excess[row]! - taken;
  }
}
