/** Reference stars ready for matching, brightest first: parallel arrays. */
export interface ReferenceObjects {
  readonly raDeg: Float64Array;
  readonly decDeg: Float64Array;
  /** Flux in the wanted band, nJy; NaN where the catalogue has none. */
  readonly flux: Float64Array;
  readonly fluxErr: Float64Array;
  /** Where the flux came from, such as `r_flux`; undefined when the catalogue has no usable flux. */
  readonly fluxColumn: string | undefined;
}

/** Orders reference stars by falling flux; those without flux come last, in the order given. */
export function sortByFlux(reference: ReferenceObjects): ReferenceObjects {
  const rank = (i: number): number => (Number.isFinite(reference.flux[i]!) ? reference.flux[i]! : -Infinity);
  const order = Array.from({ length: reference.raDeg.length }, (_, i) => i).sort((p, q) => {
    const difference = rank(q) - rank(p);
    return Number.isNaN(difference) || difference === 0 ? p - q : difference;
  });
  return takeReference(reference, order);
}

/** The reference stars at `indices`, in that order. */
export function takeReference(reference: ReferenceObjects, indices: readonly number[]): ReferenceObjects {
  return {
    raDeg: Float64Array.from(indices, (i) => reference.raDeg[i]!),
    decDeg: Float64Array.from(indices, (i) => reference.decDeg[i]!),
    flux: Float64Array.from(indices, (i) => reference.flux[i]!),
    fluxErr: Float64Array.from(indices, (i) => reference.fluxErr[i]!),
    fluxColumn: reference.fluxColumn,
  };
}
