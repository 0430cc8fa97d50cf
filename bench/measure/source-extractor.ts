import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFits } from "@almagest/fits";
import { drawSyntheticField } from "../../packages/tasks/src/detection/synthetic-field.ts";
import type { Bar } from "../../scripts/bar.ts";
import type { FrameRun } from "./measure-frame.ts";

const SIDE = 4096;
const REPEATS = 6;
const ROUNDS = 3;

const CONFIG = `CATALOG_TYPE FITS_1.0
PARAMETERS_NAME default.param
FILTER_NAME default.conv
DETECT_THRESH 1.5
ANALYSIS_THRESH 1.5
DETECT_MINAREA 5
DEBLEND_NTHRESH 32
DEBLEND_MINCONT 0.005
BACK_SIZE 64
PHOT_APERTURES 6,9,12,18,24,34,50
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
FLUX_APER(7)
FLUXERR_APER(7)
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

interface Timing {
  readonly wallSec: number;
  readonly cpuSec: number;
  readonly output: string;
}

/** Runs a program on one core, so that no helper thread is free, and takes its wall and processor time. */
function runOnOneCore(command: string, args: string[], cwd: string): Timing {
  const script = 'time -p taskset -c 1 "$0" "$@"';
  const run = spawnSync("bash", ["-c", script, command, ...args], {
    cwd,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (run.status !== 0) throw new Error(`${command}: ${run.stderr.trim()}`);
  const read = (name: string): number => Number(new RegExp(`^${name} ([0-9.]+)`, "m").exec(run.stderr)![1]);
  return { wallSec: read("real"), cpuSec: read("user") + read("sys"), output: run.stdout };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;
const seconds = (value: number): string => `${value.toFixed(2)} s`;

interface Comparison {
  readonly theirs: Timing[];
  readonly whole: Timing[];
  readonly cold: FrameRun[];
  readonly later: FrameRun[];
}

let comparison: Promise<Comparison> | undefined;

/** Both programs on the same frame, turn by turn. */
async function measureBoth(): Promise<Comparison> {
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
    const ours = (repeats: number): Timing =>
      runOnOneCore(process.execPath, [script, "frame.fits", "psf.fits", String(repeats)], folder);
    const parse = (timing: Timing): FrameRun[] => JSON.parse(timing.output) as FrameRun[];
    const theirs: Timing[] = [];
    const whole: Timing[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      theirs.push(runOnOneCore("source-extractor", ["frame.fits", "-c", "default.sex"], folder));
      whole.push(ours(1));
    }
    const later = parse(ours(REPEATS)).slice(1);
    theirs.push(runOnOneCore("source-extractor", ["frame.fits", "-c", "default.sex"], folder));
    return { theirs, whole, cold: whole.map((w) => parse(w)[0]!), later };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const both = (): Promise<Comparison> => (comparison ??= measureBoth());

async function compareSteady(): Promise<{ figure: string; pass: boolean; note: string }> {
  const { theirs, later } = await both();
  const goal = median(theirs.map((t) => t.cpuSec));
  const cpu = median(later.map((r) => r.cpuSec));
  const stage = (pick: (run: FrameRun) => number): string => median(later.map(pick)).toFixed(2);
  return {
    figure: `${seconds(cpu)} against ${seconds(goal)}`,
    pass: cpu <= goal,
    note:
      `processor time per frame of a running worker, one core; wall: background ${stage((r) => r.backgroundSec)}, ` +
      `detection ${stage((r) => r.detectionSec)}, measurement ${stage((r) => r.measurementSec)} s; ` +
      `${later[0]!.sources} sources with 7 apertures, PSF and Kron fluxes; source-extractor with the same apertures and Kron`,
  };
}

async function compareWhole(): Promise<{ figure: string; pass: boolean; note: string }> {
  const { theirs, whole, cold } = await both();
  const goal = median(theirs.map((t) => t.wallSec));
  const wall = median(whole.map((w) => w.wallSec));
  return {
    figure: `${seconds(wall)} against ${seconds(goal)}`,
    pass: wall <= 2 * goal,
    note:
      `wall time of one process for one frame, start, compilation and reading included; ` +
      `${seconds(median(cold.map((r) => r.totalSec)))} of it are the frame itself`,
  };
}

/** Measuring one detector's frame against the program that set the standard. */
export const bars: Bar[] = [
  {
    name: "background, detection and measurement of a 4096² frame",
    goal: "not slower than source-extractor",
    measure: compareSteady,
  },
  {
    name: "the same as a process of its own, from a cold start",
    goal: "at most twice source-extractor's",
    measure: compareWhole,
  },
];
