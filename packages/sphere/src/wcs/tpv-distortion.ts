import { DEGREE } from "../angle.ts";
import type { PlaneDistortion } from "./plane-distortion.ts";

/** Number of coefficients of each TPV polynomial: PVi_0 … PVi_39, order seven. */
export const TPV_TERMS = 40;

/** Powers of (x, y, r) of each TPV term of the first axis; the second axis has x and y exchanged. */
const POWERS: readonly (readonly [x: number, y: number, r: number])[] = (() => {
  const powers: [number, number, number][] = [];
  for (let order = 0; order <= 7; order++) {
    for (let y = 0; y <= order; y++) powers.push([order - y, y, 0]);
    if (order % 2 === 1) powers.push([0, 0, order]);
  }
  return powers;
})();

interface Term {
  readonly coefficient: number;
  readonly x: number;
  readonly y: number;
  readonly r: number;
}

function activeTerms(pv: Float64Array, exchange: boolean): Term[] {
  const terms: Term[] = [];
  POWERS.forEach(([x, y, r], index) => {
    const coefficient = pv[index]!;
    if (coefficient !== 0) terms.push(exchange ? { coefficient, x: y, y: x, r } : { coefficient, x, y, r });
  });
  return terms;
}

/**
 * The TPV mapping of intermediate world coordinates (radians in, radians out; the coefficients are in degrees, as in
 * headers): polynomials with odd powers of the radius, as SCAMP and the DECam pipeline write them.
 */
export function createTpvDistortion(pv1: Float64Array, pv2: Float64Array): PlaneDistortion {
  const xPowers = new Float64Array(9).fill(1);
  const yPowers = new Float64Array(9).fill(1);
  const axes = [activeTerms(pv1, false), activeTerms(pv2, true)] as const;
  return {
    apply(u, v, out) {
      const x = u / DEGREE;
      const y = v / DEGREE;
      const r = Math.sqrt(x * x + y * y);
      for (let k = 1; k <= 7; k++) {
        xPowers[k] = xPowers[k - 1]! * x;
        yPowers[k] = yPowers[k - 1]! * y;
      }
      for (let axis = 0; axis < 2; axis++) {
        let value = 0;
        let dx = 0;
        let dy = 0;
        for (const term of axes[axis as 0 | 1]) {
          const c = term.coefficient;
          if (term.r === 0) {
            value += c * xPowers[term.x]! * yPowers[term.y]!;
            if (term.x > 0) dx += c * term.x * xPowers[term.x - 1]! * yPowers[term.y]!;
            if (term.y > 0) dy += c * term.y * xPowers[term.x]! * yPowers[term.y - 1]!;
          } else {
            const lower = term.r === 1 ? 1 : r ** (term.r - 1);
            value += c * lower * r;
            if (r > 0) {
              dx += (c * term.r * lower * x) / r;
              dy += (c * term.r * lower * y) / r;
            }
          }
        }
        out[axis] = value * DEGREE;
        out[2 + 2 * axis] = dx;
        out[3 + 2 * axis] = dy;
      }
    },
  };
}
