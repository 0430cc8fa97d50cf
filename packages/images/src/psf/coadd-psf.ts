import { AlmagestError } from "@almagest/base";
import type { SkyWcs } from "@almagest/sphere";
import type { Box } from "../box.ts";
import { boxContainsPoint } from "../box-algebra.ts";
import { polygonContains } from "../polygon.ts";
import type { Psf, PsfStamp } from "../psf.ts";
import { adaptiveMoments } from "./adaptive-moments.ts";
import { localAffine } from "./local-affine.ts";
import { shiftStamp } from "./shift-stamp.ts";
import { addWarpedStamp } from "./warp-stamp.ts";

/** One input of a coadd: its PSF, WCS, the pixels it contributed (box, and polygon where smaller), its weight. */
export interface CoaddPsfComponent {
  readonly psf: Psf;
  readonly wcs: SkyWcs;
  readonly bbox: Box;
  readonly validPolygon?: ReadonlyArray<readonly [x: number, y: number]>;
  readonly weight: number;
}

/** The weighted sum of the PSFs of those inputs that cover a position, each warped to the coadd's pixels. */
export interface CoaddPsf extends Psf {
  readonly kind: "coadd";
  readonly wcs: SkyWcs;
  readonly size: number;
  readonly cellSize: number;
  readonly components: readonly CoaddPsfComponent[];
}

/** Choices of a coadd's PSF. */
export interface CoaddPsfOptions {
  /** Stamp side, odd; 41 if not given. */
  readonly size?: number;
  /** PSFs are evaluated at the centres of cells of so many pixels, and kept; which inputs count is exact. 64 if not given. */
  readonly cellSize?: number;
}

const KEPT_STAMPS = 2048;

/** Creates a coadd's PSF; `wcs` is the coadd's. Positions that no input covers throw `IMAGES.PSF_OUTSIDE`. */
export function createCoaddPsf(
  components: readonly CoaddPsfComponent[],
  wcs: SkyWcs,
  { size = 41, cellSize = 64 }: CoaddPsfOptions = {},
): CoaddPsf {
  const kept = new Map<string, { stamp: PsfStamp; sigma?: number }>();

  const covering = (x: number, y: number): number[] => {
    const sky = wcs.pixelToSky(x, y);
    const found: number[] = [];
    components.forEach(({ wcs: own, bbox, validPolygon }, index) => {
      const at = own.skyToPixel(sky.raDeg, sky.decDeg);
      const inside =
        boxContainsPoint(bbox, at.x, at.y) && (!validPolygon || polygonContains(validPolygon, at.x, at.y));
      if (inside) found.push(index);
    });
    return found;
  };

  const evaluate = (x: number, y: number): { stamp: PsfStamp; sigma?: number } => {
    const inputs = covering(x, y);
    if (inputs.length === 0) {
      throw new AlmagestError(
        "IMAGES.PSF_OUTSIDE",
        `No input of the coadd covers pixel (${x}, ${y}); measure only where there are data.`,
        {
          fields: { x, y },
        },
      );
    }
    const cellX = Math.floor(x / cellSize);
    const cellY = Math.floor(y / cellSize);
    const key = `${cellX},${cellY}:${inputs.join(",")}`;
    const known = kept.get(key);
    if (known) return known;
    const centreX = (cellX + 0.5) * cellSize - 0.5;
    const centreY = (cellY + 0.5) * cellSize - 0.5;
    const sum = new Float64Array(size * size);
    let total = 0;
    for (const index of inputs) total += components[index]!.weight;
    for (const index of inputs) {
      const { psf, wcs: own, weight } = components[index]!;
      const map = localAffine(wcs, own, centreX, centreY);
      addWarpedStamp(psf.kernelAt(map.x, map.y), map, weight / total, sum, size);
    }
    const made = { stamp: { size, data: Float32Array.from(sum) } };
    if (kept.size >= KEPT_STAMPS) kept.delete(kept.keys().next().value!);
    kept.set(key, made);
    return made;
  };

  return {
    kind: "coadd",
    wcs,
    size,
    cellSize,
    components,
    kernelAt: (x, y) => ({ size, data: evaluate(x, y).stamp.data.slice() }),
    imageAt: (x, y) => shiftStamp(evaluate(x, y).stamp, x - Math.round(x), y - Math.round(y)),
    sigmaAt: (x, y) => {
      const entry = evaluate(x, y);
      return (entry.sigma ??= adaptiveMoments(entry.stamp).sigma);
    },
  };
}
