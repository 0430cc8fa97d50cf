import type { PlaneDistortion } from "./plane-distortion.ts";

/** Coefficients A_p_q and B_p_q of a SIP distortion (Shupe et al. 2005, ADASS XIV, 491), in pixels. */
export interface SipCoefficients {
  /** Highest total power of A and of B. */
  readonly order: number;
  /** A_p_q at `p * (order + 1) + q`; absent terms are 0. */
  readonly a: Float64Array;
  /** B_p_q at `p * (order + 1) + q`. */
  readonly b: Float64Array;
}

/** The SIP mapping of pixel offsets from the reference pixel: u' = u + A(u, v), v' = v + B(u, v). */
export function createSipDistortion(sip: SipCoefficients): PlaneDistortion {
  const { order, a, b } = sip;
  const stride = order + 1;
  return {
    apply(u, v, out) {
      let f = 0;
      let fu = 0;
      let fv = 0;
      let g = 0;
      let gu = 0;
      let gv = 0;
      // Horner's rule in u over polynomials in v, values and derivatives together.
      for (let p = order; p >= 0; p--) {
        let fp = 0;
        let fpv = 0;
        let gp = 0;
        let gpv = 0;
        for (let k = p * stride + order - p; k >= p * stride; k--) {
          fpv = fpv * v + fp;
          fp = fp * v + a[k]!;
          gpv = gpv * v + gp;
          gp = gp * v + b[k]!;
        }
        fu = fu * u + f;
        f = f * u + fp;
        fv = fv * u + fpv;
        gu = gu * u + g;
        g = g * u + gp;
        gv = gv * u + gpv;
      }
      out[0] = u + f;
      out[1] = v + g;
      out[2] = 1 + fu;
      out[3] = fv;
      out[4] = gu;
      out[5] = 1 + gv;
    },
  };
}

/** FITS keywords of a SIP polynomial: `A_ORDER`, `A_2_0`, …, without the terms that are zero. */
export function sipCards(prefix: string, order: number, terms: Float64Array): [string, number][] {
  const cards: [string, number][] = [[`${prefix}_ORDER`, order]];
  for (let p = 0; p <= order; p++) {
    for (let q = 0; q <= order - p; q++) {
      const value = terms[p * (order + 1) + q]!;
      if (value !== 0) cards.push([`${prefix}_${p}_${q}`, value]);
    }
  }
  return cards;
}
