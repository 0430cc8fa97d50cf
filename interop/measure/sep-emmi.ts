import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { openFits } from "@almagest/fits";
import {
  createGaussianPsf,
  createImage,
  createMask,
  evaluateBackground,
  subtractBackground,
} from "@almagest/images";
import { getNumbers } from "@almagest/tables";
import { createBackgroundModel, detectSources, estimateSkyMesh, forcedMeasure } from "@almagest/tasks";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";
import { matchNearest } from "./sdss-frames.ts";

const IMAGE = join(import.meta.dirname, "../../../shared/data/sep_emmi/image.fits.gz");

interface SepResult {
  readonly globalback: number;
  readonly globalrms: number;
  readonly sky: number[];
  readonly x: number[];
  readonly y: number[];
  readonly flag: number[];
  readonly ap06: number[];
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

function runSep(): SepResult {
  if (!existsSync(IMAGE)) throw new Error("needs shared/data/sep_emmi");
  const folder = mkdtempSync(join(tmpdir(), "almagest-sep-"));
  try {
    writeFileSync(join(folder, "image.fits"), gunzipSync(readFileSync(IMAGE)));
    const script = join(import.meta.dirname, "sep-cases.py");
    return JSON.parse(
      execFileSync(findPython(["sep", "astropy"]), [script, join(folder, "image.fits")], {
        encoding: "utf8",
      }),
    ) as SepResult;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compare(): Promise<{ figure: string; pass: boolean; note: string }> {
  const theirs = runSep();
  await using file = await openFits(IMAGE);
  const { data, shape } = await file.hdu(0).readImage();
  const bbox = { x0: 0, y0: 0, width: shape[0]!, height: shape[1]! };
  const image = createImage(bbox, Float32Array.from(data as Float32Array));
  const masked = { bbox, image, mask: createMask(bbox), variance: createImage(bbox) };
  const mesh = estimateSkyMesh(masked, { boxSize: 64 });
  const model = createBackgroundModel(mesh);
  const sky = evaluateBackground(model, bbox);
  const rms = median([...mesh.rms]);
  let worstSky = 0;
  theirs.sky.forEach((value, k) => {
    const perRow = Math.ceil((bbox.width - 16) / 32);
    const p = (16 + 32 * Math.floor(k / perRow)) * bbox.width + 16 + 32 * (k % perRow);
    worstSky = Math.max(worstSky, Math.abs(sky.data[p]! - value) / rms);
  });
  subtractBackground(image, model);
  masked.variance.data.fill(rms * rms);
  const psf = createGaussianPsf(1.8);
  const ours = detectSources(masked, psf);
  const near = matchNearest(ours.x, ours.y, theirs.x, theirs.y, 3);
  const found = near.filter((row) => row >= 0).length;
  const forced = forcedMeasure(masked, psf, theirs, { apertureRadii: [6] });
  const flux = getNumbers(forced, "ap06Flux");
  // Only where no neighbour counts: ours takes neighbours away, sep's plain sum does not.
  const ratios: number[] = [];
  theirs.x.forEach((x, k) => {
    const alone = theirs.x.every((v, m) => m === k || Math.hypot(v - x, theirs.y[m]! - theirs.y[k]!) > 18);
    if (alone && theirs.flag[k] === 0) ratios.push(flux[k]! / theirs.ap06[k]!);
  });
  const middle = median(ratios);
  return {
    figure:
      `sky within ${worstSky.toFixed(2)} rms, rms ratio ${(rms / theirs.globalrms).toFixed(3)}, ` +
      `${found} of ${theirs.x.length} sources, 6-pixel flux ${(100 * (middle - 1)).toFixed(2)} %`,
    pass: worstSky < 0.2 && found >= 0.95 * theirs.x.length && Math.abs(middle - 1) < 0.01,
    note: `${ratios.length} sources without neighbours for the flux`,
  };
}

/** Sky, sources and apertures on a crowded 256² frame against sep. */
export const bars: Bar[] = [
  {
    name: "sky, detection and apertures on an EMMI frame as sep's",
    goal: "sky within 0.2 rms, ≥ 95 % of its sources, fluxes within 1 %",
    measure: compare,
  },
];
