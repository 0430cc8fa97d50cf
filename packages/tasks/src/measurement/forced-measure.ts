import { returnBuffer } from "@almagest/base";
import type { MaskedImage, Psf, PsfStamp } from "@almagest/images";
import type { Table } from "@almagest/tables";
import { measureNoiseScale, sampleSky } from "../detection/noise-scale.ts";
import { separatePsf } from "../detection/separate-psf.ts";
import { smoothImage } from "../detection/smooth-image.ts";
import { bitsOf } from "../mask-bits.ts";
import { createApertureSummer } from "./circular-apertures.ts";
import { fitPsfGroup, type GroupColumns } from "./fit-psf-group.ts";
import { linkGroups } from "./link-groups.ts";
import { measureLocalBackground } from "./local-background.ts";
import { PIXEL_FLAGS, squareBits } from "./pixel-flags.ts";
import { type PsfSums, sumPsf } from "./psf-flux.ts";
import { createPsfStamps, findKernel, type PsfStamps } from "./psf-stamps.ts";
import {
  apertureColumn,
  createSourceColumns,
  planForcedColumns,
  type SourceColumns,
} from "./source-columns.ts";
import { createWorkPlanes, type WorkPlanes } from "./work-planes.ts";

/** How fluxes at given positions are measured. */
export interface ForcedConfig {
  /** Radii of circular apertures, pixels, rising; may be empty. */
  readonly apertureRadii: readonly number[];
  /** Planes whose pixels are left out of PSF fits and local sky. */
  readonly badPlanes: readonly string[];
  /** Positions closer than this many PSF sigmas are fitted together. */
  readonly linkSigma: number;
  /** Factor on the errors: measured on the sky, or given. */
  readonly noiseScale: "empirical" | number;
  readonly localBackground: boolean;
  readonly fluxUnit: string;
}

/** The defaults. */
export const DEFAULT_FORCED: ForcedConfig = {
  apertureRadii: [6, 12],
  badPlanes: ["BAD", "SAT", "NO_DATA"],
  linkSigma: 7,
  noiseScale: "empirical",
  localBackground: true,
  fluxUnit: "electron",
};

/** Positions in parent pixels. */
export interface PixelPositions {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/**
 * Measures fluxes at given positions of a background-subtracted image without moving them: PSF fluxes of all positions by
 * simultaneous least squares, then apertures with every other source's fitted PSF taken away. One row per position, in order;
 * positions off the image, or where the PSF is unknown, have NaN fluxes and `psfFlux_flag`.
 */
export function forcedMeasure(
  masked: MaskedImage,
  psf: Psf,
  positions: PixelPositions,
  config: Partial<ForcedConfig> = {},
): Table {
  const c = { ...DEFAULT_FORCED, ...config };
  const count = positions.x.length;
  const { bbox } = masked;
  const planes = createWorkPlanes(masked);
  const badBits = bitsOf(c.badPlanes, masked.mask.planes);
  const stamps = createPsfStamps(psf);
  const scale = typeof c.noiseScale === "number" ? c.noiseScale : measureScale(masked, psf, badBits);
  const columns = createSourceColumns(count, planForcedColumns(c.apertureRadii, c.fluxUnit), {
    noiseScale: String(scale),
  });
  columns.float("x").set(Array.from(positions.x));
  columns.float("y").set(Array.from(positions.y));
  const work: GroupColumns = {
    x: columns.float("x").map((v) => v - bbox.x0),
    y: columns.float("y").map((v) => v - bbox.y0),
    flux: columns.float("psfFlux"),
    fluxErr: columns.float("psfFluxErr"),
    xErr: new Float64Array(count),
    yErr: new Float64Array(count),
  };
  fitFluxes(planes, stamps, work, columns, badBits, c.linkSigma, bbox.x0, bbox.y0);
  for (let k = 0; k < count; k++) columns.float("psfFluxErr")[k]! *= scale;
  measureApertures(planes, stamps, work, columns, c, badBits, scale, bbox.x0, bbox.y0);
  for (const [name, plane, center] of PIXEL_FLAGS) {
    const data = columns.flag(name);
    const bits = bitsOf([plane], masked.mask.planes);
    for (let k = 0; k < count; k++) {
      const found = squareBits(masked.mask, positions.x[k]!, positions.y[k]!, center ? 1 : 4);
      data[k] = (found & bits) !== 0 ? 1 : 0;
    }
  }
  returnBuffer(planes.image.buffer);
  return columns.table();
}

function measureScale(masked: MaskedImage, psf: Psf, badBits: number): number {
  const middle = findKernel(psf, masked.bbox);
  if (!middle) return 1;
  const kernel = separatePsf(middle.stamp);
  const smooth = smoothImage(masked, kernel, badBits);
  const samples = sampleSky(masked, smooth, kernel.squareSum, kernel.half, badBits, 16384);
  returnBuffer(smooth.buffer);
  return measureNoiseScale(samples.snr);
}

/** Simultaneous PSF fluxes, group by group. */
function fitFluxes(
  planes: WorkPlanes,
  stamps: PsfStamps,
  work: GroupColumns,
  columns: SourceColumns,
  badBits: number,
  linkSigma: number,
  x0: number,
  y0: number,
): void {
  const count = columns.count;
  const flag = columns.flag("psfFlux_flag");
  const use = new Uint8Array(count);
  const fit = {} as PsfSums;
  let widest = 0;
  for (let k = 0; k < count; k++) {
    const x = work.x[k]!;
    const y = work.y[k]!;
    flag[k] = 1;
    const inside = x > -0.5 && y > -0.5 && x < planes.width - 0.5 && y < planes.height - 0.5;
    if (!inside) continue;
    const stamp = stamps.glanceAt(x + x0, y + y0);
    if (!stamp) continue;
    sumPsf(planes, badBits, stamp, Math.round(x), Math.round(y), false, fit);
    if (!(fit.phiPhi > 0)) continue;
    flag[k] = fit.usable < 0.5 ? 1 : 0;
    use[k] = 1;
    work.flux[k] = fit.flux;
    // A lone source is done; a group's fit takes the mean variance per pixel here.
    work.fluxErr[k] = fit.phiPhiVariance / fit.phiPhi;
    widest = Math.max(widest, stamps.sigmaAt(x + x0, y + y0));
  }
  if (!(widest > 0)) return;
  const groups = linkGroups(work.x, work.y, linkSigma * widest, use);
  const options = { badBits, x0, y0, positionRounds: 0, positionSnr: Infinity };
  for (let g = 0; g < groups.count; g++) {
    fitPsfGroup(
      planes,
      stamps,
      groups.members.subarray(groups.starts[g]!, groups.starts[g + 1]!),
      work,
      options,
    );
  }
}

/** Adds (sign 1) or takes away (−1) a source's fitted stamp. */
function applyStamp(
  planes: WorkPlanes,
  stamp: PsfStamp,
  middleX: number,
  middleY: number,
  flux: number,
): void {
  const half = stamp.size >> 1;
  for (let j = 0; j < stamp.size; j++) {
    const y = middleY + j - half;
    if (y < 0 || y >= planes.height) continue;
    for (let i = 0; i < stamp.size; i++) {
      const x = middleX + i - half;
      if (x >= 0 && x < planes.width)
        planes.image[y * planes.width + x]! += flux * stamp.data[j * stamp.size + i]!;
    }
  }
}

/** Apertures and local sky on the image without the other sources' fitted light. */
function measureApertures(
  planes: WorkPlanes,
  stamps: PsfStamps,
  work: GroupColumns,
  columns: SourceColumns,
  config: ForcedConfig,
  badBits: number,
  scale: number,
  x0: number,
  y0: number,
): void {
  const radii = config.apertureRadii;
  if (radii.length === 0 && !config.localBackground) return;
  const summer = radii.length > 0 ? createApertureSummer(radii) : undefined;
  const sums = new Float64Array(radii.length);
  const variances = new Float64Array(radii.length);
  const apply = (k: number, sign: number): void => {
    const flux = work.flux[k]!;
    if (!Number.isFinite(flux)) return;
    const stamp = stamps.glanceAt(work.x[k]! + x0, work.y[k]! + y0);
    if (stamp) applyStamp(planes, stamp, Math.round(work.x[k]!), Math.round(work.y[k]!), sign * flux);
  };
  for (let k = 0; k < columns.count; k++) apply(k, -1);
  for (let k = 0; k < columns.count; k++) {
    const x = work.x[k]!;
    const y = work.y[k]!;
    if (!Number.isFinite(work.flux[k]!)) continue;
    apply(k, 1);
    summer?.sum(planes, x, y, sums, variances, 0);
    radii.forEach((radius, r) => {
      const name = apertureColumn(radius);
      columns.float(name)[k] = sums[r]!;
      columns.float(`${name}Err`)[k] = scale * Math.sqrt(variances[r]!);
      const reach = radius - 0.5;
      const cut = x < reach || y < reach || x > planes.width - 1 - reach || y > planes.height - 1 - reach;
      columns.flag(`${name}_flag`)[k] = cut ? 1 : 0;
    });
    if (config.localBackground) {
      const sigma = stamps.sigmaAt(x + x0, y + y0);
      const sky = measureLocalBackground(planes, badBits, x, y, 7 * sigma, 15 * sigma);
      columns.float("localBackground")[k] = sky.level;
      columns.float("localBackgroundErr")[k] = sky.error;
    }
    apply(k, -1);
  }
}
