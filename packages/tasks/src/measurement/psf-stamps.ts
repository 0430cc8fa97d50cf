import { isAlmagestError } from "@almagest/base";
import type { Box, Psf, PsfStamp } from "@almagest/images";
import { type Moments, measureMoments } from "./adaptive-moments.ts";
import { shiftCut } from "./shift-cut.ts";

/** The PSF where sources are: stamps with sub-pixel phase, width and moments; undefined where the PSF is not known. */
export interface PsfStamps {
  /** Stamp whose middle pixel is (round x, round y), parent pixels; its sum is 1 over the uncut stamp. */
  stampAt(x: number, y: number): PsfStamp | undefined;
  /** The same, valid until the next call: spares an allocation per source. */
  glanceAt(x: number, y: number): PsfStamp | undefined;
  sigmaAt(x: number, y: number): number;
  momentsAt(x: number, y: number): Moments;
}

const CELL = 128;

/** What `read` returns, or undefined where no input covers the position. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isAlmagestError(error, "IMAGES.PSF_OUTSIDE")) return undefined;
    throw error;
  }
}

/** The PSF's kernel in the middle of a box, or at the nearest place of a 9 × 9 grid where there is one. */
export function findKernel(
  psf: Psf,
  box: Box,
): { stamp: PsfStamp; sigma: number; x: number; y: number } | undefined {
  const places = Array.from({ length: 81 }, (_, k) => ({ i: (k % 9) - 4, j: Math.floor(k / 9) - 4 }));
  places.sort((a, b) => a.i ** 2 + a.j ** 2 - b.i ** 2 - b.j ** 2);
  for (const { i, j } of places) {
    const x = Math.round(box.x0 + (box.width - 1) * (0.5 + i / 9));
    const y = Math.round(box.y0 + (box.height - 1) * (0.5 + j / 9));
    const stamp = orUndefined(() => psf.kernelAt(x, y));
    if (stamp) return { stamp, sigma: psf.sigmaAt(x, y), x, y };
  }
  return undefined;
}

/**
 * Reads a PSF for many sources: width and moments once per 128-pixel cell, and a pixel-grid PSF, smooth by construction, too,
 * its stamps cut at `cutSigma` widths, as are a coadd's; other kinds are asked for each stamp.
 */
export function createPsfStamps(psf: Psf, cutSigma = 5.5): PsfStamps {
  interface Cell {
    readonly kernel: PsfStamp | undefined;
    readonly moments: Moments;
    readonly sigma: number;
  }
  const cells = new Map<number, Cell>();
  let typicalSigma = 0;
  let glance = new Float32Array(0);
  const read = (x: number, y: number): Cell => {
    const kernel = orUndefined(() => psf.kernelAt(x, y));
    const moments: Moments = { xx: NaN, yy: NaN, xy: NaN, flux: NaN, failed: true };
    if (!kernel) return { kernel, moments, sigma: NaN };
    if (typicalSigma === 0) typicalSigma = psf.sigmaAt(x, y);
    const middle = kernel.size >> 1;
    measureMoments(
      kernel.data,
      kernel.size,
      kernel.size,
      middle,
      middle,
      typicalSigma ** 2,
      1e4,
      1e-4,
      moments,
    );
    const sigma = moments.failed ? typicalSigma : (moments.xx * moments.yy - moments.xy ** 2) ** 0.25;
    return { kernel, moments, sigma };
  };
  const cellAt = (x: number, y: number): Cell => {
    const i = Math.floor(x / CELL);
    const j = Math.floor(y / CELL);
    const key = (j + 0x8000) * 0x10000 + i + 0x8000;
    const known = cells.get(key);
    if (known) return known;
    const cell = read((i + 0.5) * CELL - 0.5, (j + 0.5) * CELL - 0.5);
    // A cell whose middle no input covers may still have sources: those are asked one by one.
    if (!cell.kernel) return read(x, y);
    cells.set(key, cell);
    return cell;
  };
  const shiftedAt = (x: number, y: number, reuse: boolean): PsfStamp | undefined => {
    if (psf.kind !== "pixel-grid" && psf.kind !== "coadd") return orUndefined(() => psf.imageAt(x, y));
    const { kernel: typical, sigma } = cellAt(x, y);
    // A coadd's PSF jumps where an input ends: there the cell's middle does not speak for the cell.
    const kernel = psf.kind === "coadd" ? orUndefined(() => psf.kernelAt(x, y)) : typical;
    if (!kernel) return undefined;
    const half = Math.min(kernel.size >> 1, Math.max(6, Math.ceil(cutSigma * sigma)));
    const pixels = (2 * half + 1) ** 2;
    if (reuse && glance.length !== pixels) glance = new Float32Array(pixels);
    return shiftCut(kernel, half, x - Math.round(x), y - Math.round(y), reuse ? glance : undefined);
  };
  return {
    sigmaAt: (x, y) => cellAt(x, y).sigma,
    momentsAt: (x, y) => cellAt(x, y).moments,
    stampAt: (x, y) => shiftedAt(x, y, false),
    glanceAt: (x, y) => shiftedAt(x, y, true),
  };
}
