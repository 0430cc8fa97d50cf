import { type HeaderLookup, readNumber } from "./header-values.ts";
import { TPV_TERMS } from "./tpv-distortion.ts";

/** The TPV polynomial of one header axis, with the default PVi_1 = 1; the identity where the header has none. */
export function parsePv(lookup: HeaderLookup, axis: number): Float64Array {
  const pv = new Float64Array(TPV_TERMS);
  for (let term = 0; term < TPV_TERMS; term++) {
    pv[term] = readNumber(lookup, `PV${axis}_${term}`) ?? (term === 1 ? 1 : 0);
  }
  return pv;
}

/** The keywords of one TPV polynomial, without the terms that are zero (but PVi_1, whose default is 1). */
export function pvCards(axis: number, pv: Float64Array): [string, number][] {
  const cards: [string, number][] = [];
  pv.forEach((value, term) => {
    if (value !== 0 || term === 1) cards.push([`PV${axis}_${term}`, value]);
  });
  return cards;
}

/** Whether a TAN header carries SCAMP's PV terms and means TPV: any on the declination axis, or beyond 4 on the other. */
export function hasScampTerms(lookup: HeaderLookup, lon: number, lat: number): boolean {
  for (let term = 0; term < TPV_TERMS; term++) {
    if (readNumber(lookup, `PV${lat}_${term}`) !== undefined) return true;
    if (term > 4 && readNumber(lookup, `PV${lon}_${term}`) !== undefined) return true;
  }
  return false;
}
