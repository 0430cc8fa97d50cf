/** A smooth mapping of a plane onto itself, close to the identity or to a linear map, with its derivatives. */
export interface PlaneDistortion {
  /** Writes u', v', ∂u'/∂u, ∂u'/∂v, ∂v'/∂u, ∂v'/∂v into `out[0..5]`. */
  apply(u: number, v: number, out: Float64Array): void;
}

const MAX_ITERATIONS = 40;

/**
 * Finds (u, v) with `apply(u, v)` = (uTarget, vTarget) by Newton's method from the target itself, and writes it into
 * `out[0..1]`. Returns false where it does not converge or where the mapping has folded over (determinant not positive
 * relative to its value at the origin), which happens only far outside the field a distortion was fitted to.
 */
export function invertDistortion(
  distortion: PlaneDistortion,
  uTarget: number,
  vTarget: number,
  determinantSign: number,
  out: Float64Array,
): boolean {
  let u = uTarget;
  let v = vTarget;
  const size = Math.abs(uTarget) + Math.abs(vTarget);
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    distortion.apply(u, v, out);
    const du = uTarget - out[0]!;
    const dv = vTarget - out[1]!;
    const a = out[2]!;
    const b = out[3]!;
    const c = out[4]!;
    const d = out[5]!;
    const determinant = a * d - b * c;
    if (!(determinant * determinantSign > 0)) return false;
    const stepU = (d * du - b * dv) / determinant;
    const stepV = (a * dv - c * du) / determinant;
    u += stepU;
    v += stepV;
    if (Math.abs(stepU) + Math.abs(stepV) <= 1e-9 * size + 1e-300) {
      // Quadratic convergence: the step just taken leaves an error of about its square.
      out[0] = u;
      out[1] = v;
      return true;
    }
  }
  return false;
}
