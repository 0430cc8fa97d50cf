/** What a source is. */
export const OBJECT_KINDS = ["star", "galaxy", "rr_lyrae", "eclipsing", "supernova"] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

/** The steady part of the sky, one entry per source; galaxies have a shape, others zeros there. */
export interface SkyObjects {
  readonly count: number;
  readonly id: Int32Array;
  /** Index into OBJECT_KINDS. */
  readonly kind: Uint8Array;
  readonly raDeg: Float64Array;
  readonly decDeg: Float64Array;
  /** Mean flux (nJy) by band; 0 for supernovae, which have only light curves. */
  readonly flux: ReadonlyMap<string, Float64Array>;
  /** Half-light radius along the major axis, share of the flux in the bulge, axis ratio, position angle east of north. */
  readonly radiusArcsec: Float32Array;
  readonly bulgeShare: Float32Array;
  readonly axisRatio: Float32Array;
  readonly angleDeg: Float32Array;
  /** Id of the host galaxy of a supernova, −1 for all others. */
  readonly host: Int32Array;
}

/** One source while the catalogue is being drawn. */
export interface SkyObject {
  readonly kind: ObjectKind;
  readonly raDeg: number;
  readonly decDeg: number;
  readonly flux: Readonly<Record<string, number>>;
  readonly radiusArcsec?: number;
  readonly bulgeShare?: number;
  readonly axisRatio?: number;
  readonly angleDeg?: number;
  readonly host?: number;
}

/** Packs sources into columns; ids count from 1 in the order given. */
export function createSkyObjects(objects: readonly SkyObject[], bands: readonly string[]): SkyObjects {
  const numbers = <T extends Float32Array | Float64Array>(
    array: T,
    pick: (object: SkyObject) => number,
  ): T => {
    objects.forEach((object, i) => {
      array[i] = pick(object);
    });
    return array;
  };
  const n = objects.length;
  return {
    count: n,
    id: Int32Array.from({ length: n }, (_, i) => i + 1),
    kind: Uint8Array.from(objects, (object) => OBJECT_KINDS.indexOf(object.kind)),
    raDeg: numbers(new Float64Array(n), (object) => object.raDeg),
    decDeg: numbers(new Float64Array(n), (object) => object.decDeg),
    flux: new Map(
      bands.map((band) => [band, numbers(new Float64Array(n), (object) => object.flux[band] ?? 0)]),
    ),
    radiusArcsec: numbers(new Float32Array(n), (object) => object.radiusArcsec ?? 0),
    bulgeShare: numbers(new Float32Array(n), (object) => object.bulgeShare ?? 0),
    axisRatio: numbers(new Float32Array(n), (object) => object.axisRatio ?? 1),
    angleDeg: numbers(new Float32Array(n), (object) => object.angleDeg ?? 0),
    host: Int32Array.from(objects, (object) => object.host ?? -1),
  };
}
