import { AlmagestError } from "@almagest/base";
import { ARCSEC, DEGREE } from "../angle.ts";
import { regionsOverlap } from "../regions/overlap.ts";
import type { Region } from "../regions/region.ts";
import { regionBoundingCircle } from "../regions/region-bounds.ts";
import { angleBetween, createUnitVector, type UnitVector } from "../unit-vector.ts";
import { createDiscreteLayout } from "./discrete-layout.ts";
import { createHealpixLayout } from "./healpix-layout.ts";
import { createRingsLayout } from "./rings-layout.ts";
import { checkSkyMapConfig, patchSizesOf, type SkyMapConfig } from "./sky-map-config.ts";
import { hashSkyMapConfig } from "./sky-map-hash.ts";
import { createTract, type Patch, type Tract } from "./tract.ts";
import { createTractWcs, type TractLayout } from "./tract-layout.ts";

/** A division of the sky, or of parts of it, into tracts and patches. */
export interface SkyMap {
  readonly name: string;
  readonly config: SkyMapConfig;
  /** SHA-1 of the configuration (20 bytes), as the Butler's skymap records have it. */
  readonly hash: Uint8Array;
  readonly tractCount: number;
  /** All tracts in order of their id, made as they are asked for. */
  readonly tracts: Iterable<Tract>;
  /** The tract of an id; throws `SPHERE.SKYMAP_INVALID` where there is none. */
  tract(id: number): Tract;
  /** The tract to which a position belongs; of a discrete map, the one with the nearest centre. */
  findTract(raDeg: number, decDeg: number): Tract;
  /** All tracts whose pixels may overlap a region, in order of their id. */
  findTracts(region: Region): Tract[];
  /** All patches whose outer boxes may overlap a region, by tract. */
  findPatches(region: Region): { tract: Tract; patches: Patch[] }[];
}

function createLayout(config: SkyMapConfig): TractLayout {
  switch (config.kind) {
    case "rings":
      return createRingsLayout(config);
    case "discrete":
      return createDiscreteLayout(config);
    case "healpix":
      return createHealpixLayout(config);
  }
}

/** A circle that holds all of a tract's pixels. */
interface Reach {
  readonly centre: UnitVector;
  readonly angleRad: number;
}

/** The reach of a tract without making it: its extent to the corner of a square, with room for one more patch. */
function measureReach(config: SkyMapConfig, layout: TractLayout, id: number): Reach {
  const toVector = (position: { raDeg: number; decDeg: number }): UnitVector =>
    createUnitVector(position.raDeg, position.decDeg);
  const centre = toVector(layout.centre(id));
  const farthest = Math.max(...layout.extent(id).map((point) => angleBetween(centre, toVector(point))));
  const { innerWidth, innerHeight, border } = patchSizesOf(config);
  const patchRad = (Math.max(innerWidth, innerHeight) + border) * config.pixelScaleArcsec * ARCSEC;
  return { centre, angleRad: 1.5 * (Math.tan(Math.min(farthest, 80 * DEGREE)) + patchRad) };
}

/** The sky map of a configuration; throws `SPHERE.SKYMAP_INVALID` where it is not sound. Tracts are kept once made. */
export function createSkyMap(config: SkyMapConfig): SkyMap {
  checkSkyMapConfig(config);
  const layout = createLayout(config);
  const patchSizes = patchSizesOf(config);
  const made = new Map<number, Tract>();

  const tract = (id: number): Tract => {
    const known = made.get(id);
    if (known !== undefined) return known;
    if (!Number.isInteger(id) || id < 0 || id >= layout.tractCount) {
      throw new AlmagestError(
        "SPHERE.SKYMAP_INVALID",
        `Sky map ${config.name} has tracts 0 to ${layout.tractCount - 1}, not ${id}.`,
        { fields: { skymap: config.name, tract: id } },
      );
    }
    const centre = layout.centre(id);
    const created = createTract({
      id,
      centre,
      planeWcs: createTractWcs(config, centre),
      extent: layout.extent(id),
      patchSizes,
      innerRegion: layout.innerRegion(id),
    });
    made.set(id, created);
    return created;
  };

  let reaches: readonly Reach[] | undefined;
  const findTracts = (region: Region): Tract[] => {
    reaches ??= Array.from({ length: layout.tractCount }, (_, id) => measureReach(config, layout, id));
    const circle = regionBoundingCircle(region);
    return reaches
      .flatMap(({ centre, angleRad }, id) =>
        angleBetween(centre, circle.center) <= circle.openingAngleRad + angleRad ? [id] : [],
      )
      .map(tract)
      .filter((candidate) => regionsOverlap(candidate.outerPolygon, region) !== false);
  };

  return {
    name: config.name,
    config,
    hash: hashSkyMapConfig(config),
    tractCount: layout.tractCount,
    tracts: {
      *[Symbol.iterator]() {
        for (let id = 0; id < layout.tractCount; id++) yield tract(id);
      },
    },
    tract,
    findTract: (raDeg, decDeg) => tract(layout.findId(raDeg, decDeg)),
    findTracts,
    findPatches: (region) =>
      findTracts(region).flatMap((found) => {
        const patches = found.patches().filter((patch) => regionsOverlap(patch.region, region) !== false);
        return patches.length > 0 ? [{ tract: found, patches }] : [];
      }),
  };
}
