import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFits } from "@almagest/fits";
import { drawSyntheticField } from "../../packages/tasks/src/detection/synthetic-field.ts";
import type { Bar } from "../../scripts/bar.ts";
import type { FrameRun } from "./measure-frame.ts";

const SIDE = 4096;
const REPEATS = 5;

const CONFIG = `CATALOG_TYPE FITS_1.0
PARAMETERS_NAME default.param
FILTER_NAME default.conv
DETECT_THRESH 1.5
ANALYSIS_THRESH 1.5
DETECT_MINAREA 5
DEBLEND_NTHRESH 32
DEBLEND_MINCONT 0.005
BACK_SIZE 64
PHOT_APERTURES 6,12,24
VERBOSE_TYPE QUIET
`;
const PARAMETERS = `NUMBER
X_IMAGE
Y_IMAGE
ERRX2_IMAGE
ERRY2_IMAGE
XWIN_IMAGE
YWIN_IMAGE
X2_IMAGE
Y2_IMAGE
XY_IMAGE
FLUX_APER(3)
FLUXERR_APER(3)
FLUX_AUTO
FLUXERR_AUTO
KRON_RADIUS
ELONGATION
FWHM_IMAGE
FLAGS
CLASS_STAR
`;
const FILTER = `CONV NORM
# 5x5 Gaussian of 3 pixels FWHM
0.030982 0.092943 0.133915 0.092943 0.030982
0.092943 0.278823 0.401735 0.278823 0.092943
0.133915 0.401735 0.578825 0.401735 0.133915
0.092943 0.278823 0.401735 0.278823 0.092943
0.030982 0.092943 0.133915 0.092943 0.030982
`;

/** Both programs on one core, so that no helper thread counts. */
function onOneCore(command: string, args: string[], cwd: string): { seconds: number; output: string } {
  const start = performance.now();
  const output = execFileSync("taskset", ["-c", "0", command, ...args], {
    cwd,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  return { seconds: (performance.now() - start) / 1000, output };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

async function compare(): Promise<{ figure: string; pass: boolean; note: string }> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-measure-"));
  try {
    const field = drawSyntheticField({
      seed: "source-extractor",
      width: SIDE,
      height: SIDE,
      sources: 13000,
      galaxyFraction: 0.5,
      psfSigma: 1.7,
      sky: 1000,
      noise: 10,
      fluxMin: 200,
      fluxMax: 3e5,
      slope: 0.8,
      gain: 5,
    });
    const stamp = field.psf.kernelAt(0, 0);
    await writeFits(join(folder, "frame.fits"), [
      { kind: "image", data: field.image.image.data as Float32Array<ArrayBuffer>, shape: [SIDE, SIDE] },
    ]);
    await writeFits(join(folder, "psf.fits"), [
      { kind: "image", data: stamp.data as Float32Array<ArrayBuffer>, shape: [stamp.size, stamp.size] },
    ]);
    writeFileSync(join(folder, "default.sex"), CONFIG);
    writeFileSync(join(folder, "default.param"), PARAMETERS);
    writeFileSync(join(folder, "default.conv"), FILTER);
    const nnw = "/usr/share/source-extractor/default.nnw";
    writeFileSync(join(folder, "default.nnw"), readFileSync(nnw));
    const script = join(import.meta.dirname, "measure-frame.ts");
    const theirs: number[] = [];
    const whole: number[] = [];
    let steady: FrameRun[] = [];
    const cold: number[] = [];
    for (let round = 0; round < 3; round++) {
      theirs.push(onOneCore("source-extractor", ["frame.fits", "-c", "default.sex"], folder).seconds);
      const once = onOneCore(process.execPath, [script, "frame.fits", "psf.fits", "1"], folder);
      whole.push(once.seconds);
      cold.push((JSON.parse(once.output) as FrameRun[])[0]!.totalSec);
    }
    steady = JSON.parse(
      onOneCore(process.execPath, [script, "frame.fits", "psf.fits", String(REPEATS)], folder).output,
    ) as FrameRun[];
    const warm = steady.slice(1);
    const best = median(theirs);
    const ours = median(whole);
    const figures = [
      `whole process ${ours.toFixed(2)} s`,
      `first frame ${median(cold).toFixed(2)} s`,
      `later frames ${median(warm.map((r) => r.totalSec)).toFixed(2)} s`,
      `source-extractor ${best.toFixed(2)} s`,
    ];
    const stages = warm.at(-1)!;
    return {
      figure: figures.join(", "),
      pass: ours <= best,
      note:
        `${SIDE}² pixels, ${stages.sources} sources, one core each; later frames: background ` +
        `${stages.backgroundSec.toFixed(2)}, detection ${stages.detectionSec.toFixed(2)}, ` +
        `measurement ${stages.measurementSec.toFixed(2)} s with 7 apertures, PSF and Kron fluxes`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Measuring one detector's frame against the program that set the standard. */
export const bars: Bar[] = [
  {
    name: "background, detection and measurement of a 4096² frame",
    goal: "whole process not slower than source-extractor's",
    measure: compare,
  },
];
