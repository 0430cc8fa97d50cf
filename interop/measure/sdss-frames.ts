import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { openFits } from "@almagest/fits";
import {
  createGaussianPsf,
  createImage,
  createMask,
  type MaskedImage,
  subtractBackground,
} from "@almagest/images";
import { getNumbers, type Table } from "@almagest/tables";
import {
  createBackgroundModel,
  type Detections,
  detectSources,
  estimateSkyMesh,
  fitPsf,
  measureSources,
  type PsfFit,
  selectPsfStars,
} from "@almagest/tasks";

/** Where the Stripe 82 pair lies. */
export const SDSS_FOLDER: string = join(import.meta.dirname, "../../../shared/data/sdss_s82_pair");

/** The LSST stack's own measurements of one frame, columns by short name; positions zero-based. */
export interface StackSources {
  readonly count: number;
  readonly raDeg: Float64Array;
  readonly decDeg: Float64Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly psfFlux: Float64Array;
  readonly psfFluxErr: Float64Array;
  readonly ap06Flux: Float64Array;
  readonly ap06FluxErr: Float64Array;
  readonly extendedness: Float64Array;
  readonly flagged: Uint8Array;
}

/** Reads the stack's table, split by exposure (the id's leading 12 digits). */
export function readStackSources(): Map<string, StackSources> {
  const text = gunzipSync(readFileSync(join(SDSS_FOLDER, "detected-sources-gi.txt.gz"))).toString();
  const [head, ...lines] = text.trim().split("\n");
  const names = head!.slice(1).split(" ");
  const at = (name: string): number => names.indexOf(name);
  const groups = new Map<string, string[][]>();
  for (const line of lines) {
    const cells = line.split(" ");
    const key = cells[0]!.slice(0, 12);
    groups.set(key, [...(groups.get(key) ?? []), cells]);
  }
  const flags = names.filter((name) => /PixelFlags|Centroid_flag/.test(name)).map(at);
  const read = (rows: string[][], name: string): Float64Array =>
    Float64Array.from(rows, (cells) => Number(cells[at(name)]));
  return new Map(
    [...groups].map(([key, rows]) => [
      key,
      {
        count: rows.length,
        raDeg: read(rows, "coord_ra"),
        decDeg: read(rows, "coord_dec"),
        x: read(rows, "base_SdssCentroid_x"),
        y: read(rows, "base_SdssCentroid_y"),
        psfFlux: read(rows, "base_PsfFlux_instFlux"),
        psfFluxErr: read(rows, "base_PsfFlux_instFluxErr"),
        ap06Flux: read(rows, "base_CircularApertureFlux_6_0_instFlux"),
        ap06FluxErr: read(rows, "base_CircularApertureFlux_6_0_instFluxErr"),
        extendedness: read(rows, "base_ClassificationExtendedness_value"),
        flagged: Uint8Array.from(rows, (cells) => (flags.some((f) => cells[f] === "True") ? 1 : 0)),
      },
    ]),
  );
}

/** One frame measured by this project. */
export interface MeasuredFrame {
  readonly image: MaskedImage;
  readonly detections: Detections;
  readonly sources: Table;
  readonly fit: PsfFit;
}

/** Reads an fpC frame (soft bias 1000) as counts with the sky's own scatter plus shot noise of the given gain as variance. */
export async function readFrame(name: string, gain: number): Promise<MaskedImage> {
  await using file = await openFits(join(SDSS_FOLDER, name));
  const { data, shape } = await file.hdu(0).readImage();
  const bbox = { x0: 0, y0: 0, width: shape[0]!, height: shape[1]! };
  const image = createImage(
    bbox,
    Float32Array.from(data as Float32Array, (v) => v - 1000),
  );
  const masked = { bbox, image, mask: createMask(bbox), variance: createImage(bbox) };
  const mesh = estimateSkyMesh(masked);
  subtractBackground(image, createBackgroundModel(mesh));
  const rms = mesh.rms.slice().sort()[mesh.rms.length >> 1]!;
  for (let p = 0; p < image.data.length; p++) {
    masked.variance.data[p] = rms * rms + Math.max(0, image.data[p]!) / gain;
  }
  return masked;
}

/** The whole road on one frame: guess, stars, PSF, measurement. */
export async function measureFrame(name: string, gain: number): Promise<MeasuredFrame> {
  const image = await readFrame(name, gain);
  const guess = createGaussianPsf(1.6);
  const first = measureSources(image, guess, detectSources(image, guess));
  const { rows, sigma } = selectPsfStars(first);
  const x = getNumbers(first, "x");
  const y = getNumbers(first, "y");
  const stars = { x: Array.from(rows, (k) => x[k]!), y: Array.from(rows, (k) => y[k]!) };
  const fit = fitPsf(image, stars, sigma);
  const detections = detectSources(image, fit.psf);
  return { image, detections, fit, sources: measureSources(image, fit.psf, detections) };
}

/** Index of the nearest of (x, y) within `radius` of each query position, or −1. */
export function matchNearest(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  queryX: ArrayLike<number>,
  queryY: ArrayLike<number>,
  radius: number,
): Int32Array {
  const out = new Int32Array(queryX.length).fill(-1);
  for (let q = 0; q < queryX.length; q++) {
    let best = radius;
    for (let k = 0; k < x.length; k++) {
      const d = Math.hypot(x[k]! - queryX[q]!, y[k]! - queryY[q]!);
      if (d < best) {
        best = d;
        out[q] = k;
      }
    }
  }
  return out;
}
