import { AlmagestError } from "@almagest/base";

/** Patches as squares of pixels with a border (lsst.skymap's "legacy" tract builder), clipped at the edge of the tract. */
export interface PlainPatches {
  readonly kind: "legacy";
  readonly innerWidth: number;
  readonly innerHeight: number;
  readonly border: number;
}

/** Patches made of square cells (lsst.skymap's "cells" builder), not clipped at the edge of the tract. */
export interface CellPatches {
  readonly kind: "cells";
  /** Inner width and height of a cell, pixels. */
  readonly cellSize: number;
  readonly cellBorder: number;
  readonly cellsPerPatchInner: number;
  readonly cellsInPatchBorder: number;
}

/** What every sky map is configured with. */
export interface SkyMapBaseConfig {
  /** Name under which the Butler knows the map. */
  readonly name: string;
  readonly pixelScaleArcsec: number;
  /** How far tracts reach beyond their own area, degrees. */
  readonly tractOverlapDeg: number;
  readonly patches: PlainPatches | CellPatches;
  /** FITS code, TAN when absent. */
  readonly projection?: string;
  /** Angle of the pixel grid, degrees; 0 when absent. */
  readonly rotationDeg?: number;
}

/** Tracts in rings of equal declination and two polar caps, numbered from the south pole. */
export interface RingsSkyMapConfig extends SkyMapBaseConfig {
  readonly kind: "rings";
  readonly numRings: number;
  /** RA of the first tract of each ring, degrees; 0 when absent. */
  readonly raStartDeg?: number;
}

/** Square tracts around given positions; the radius is half a side. */
export interface DiscreteSkyMapConfig extends SkyMapBaseConfig {
  readonly kind: "discrete";
  readonly tracts: readonly { readonly raDeg: number; readonly decDeg: number; readonly radiusDeg: number }[];
}

/** One tract per HEALPix pixel at nside = 2^log2NSide (standard HEALPix, RING order unless `nest`). */
export interface HealpixSkyMapConfig extends SkyMapBaseConfig {
  readonly kind: "healpix";
  readonly log2NSide: number;
  readonly nest?: boolean;
}

/** The configuration of a sky map: plain JSON, from which `createSkyMap` makes the same map everywhere. */
export type SkyMapConfig = RingsSkyMapConfig | DiscreteSkyMapConfig | HealpixSkyMapConfig;

/** Width and height of a patch's inner area, and its border, pixels. */
export interface PatchSizes {
  readonly innerWidth: number;
  readonly innerHeight: number;
  readonly border: number;
  /** Whether borders end at the edge of the tract. */
  readonly isClipped: boolean;
}

/** Patch sizes of a configuration. */
export function patchSizesOf(config: SkyMapBaseConfig): PatchSizes {
  const { patches } = config;
  if (patches.kind === "legacy") {
    const { innerWidth, innerHeight, border } = patches;
    return { innerWidth, innerHeight, border, isClipped: true };
  }
  const inner = patches.cellSize * patches.cellsPerPatchInner;
  const border = patches.cellsInPatchBorder * patches.cellSize + patches.cellBorder;
  return { innerWidth: inner, innerHeight: inner, border, isClipped: false };
}

/** Throws `SPHERE.SKYMAP_INVALID` for the first field that is missing or out of range. */
export function checkSkyMapConfig(config: SkyMapConfig): void {
  const fail = (field: string, wanted: string): never => {
    throw new AlmagestError("SPHERE.SKYMAP_INVALID", `The sky map's ${field} must be ${wanted}.`, {
      fields: { field, name: config.name },
    });
  };
  const isCount = (value: number, least: number): boolean => Number.isInteger(value) && value >= least;
  const sizes = patchSizesOf(config);
  if (typeof config.name !== "string" || config.name === "") fail("name", "a text");
  if (!(config.pixelScaleArcsec > 0)) fail("pixelScaleArcsec", "above 0");
  if (!(config.tractOverlapDeg >= 0)) fail("tractOverlapDeg", "at least 0");
  if (!isCount(sizes.innerWidth, 1) || !isCount(sizes.innerHeight, 1))
    fail("patch size", "whole numbers above 0");
  if (!isCount(sizes.border, 0)) fail("patch border", "a whole number of pixels");
  switch (config.kind) {
    case "rings":
      if (!isCount(config.numRings, 1)) fail("numRings", "a whole number above 0");
      break;
    case "discrete":
      if (!Array.isArray(config.tracts) || config.tracts.length === 0)
        fail("tracts", "a list of at least one position");
      for (const { raDeg, decDeg, radiusDeg } of config.tracts) {
        if (!Number.isFinite(raDeg) || !(Math.abs(decDeg) <= 90) || !(radiusDeg > 0 && radiusDeg < 60)) {
          fail("tracts", "positions in degrees with a radius above 0 and below 60");
        }
      }
      break;
    case "healpix":
      if (!isCount(config.log2NSide, 0) || config.log2NSide > 12)
        fail("log2NSide", "a whole number from 0 to 12");
      break;
    default:
      fail("kind", "rings, discrete or healpix");
  }
}
