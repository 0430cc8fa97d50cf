import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "@almagest/base";
import { openFits, writeFits } from "@almagest/fits";
import { type Box, createMaskedImage, type Exposure } from "@almagest/images";
import { createTanWcs, type SkyWcs } from "@almagest/sphere";
import { warpConfig, warpExposure } from "@almagest/tasks";
import type { Bar } from "../../scripts/bar.ts";

const SIZE = 4096;
const bbox: Box = { x0: 0, y0: 0, width: SIZE, height: SIZE };
const shape = [SIZE, SIZE] as const;
const REPEATS = 3;

function plane(angleDeg: number): SkyWcs {
  const scale = 0.2 / 3600;
  const [c, s] = [Math.cos((angleDeg * Math.PI) / 180) * scale, Math.sin((angleDeg * Math.PI) / 180) * scale];
  const middle = SIZE / 2;
  return createTanWcs({
    crvalRaDeg: 10,
    crvalDecDeg: -20,
    crpixX: middle,
    crpixY: middle,
    cd: [-c, s, s, c],
  });
}

/** Noise and stars: the same pixels for both programs. */
function createScene(wcs: SkyWcs): Exposure {
  const random = createRandom("warp bench");
  const planes = createMaskedImage(bbox);
  planes.variance.data.fill(9);
  for (let i = 0; i < planes.image.data.length; i++) planes.image.data[i] = 10 * (random.uniform() - 0.5);
  for (let star = 0; star < 6000; star++) {
    const x0 = 10 + random.uniform() * (SIZE - 20);
    const y0 = 10 + random.uniform() * (SIZE - 20);
    const flux = 200 / (random.uniform() + 1e-3);
    for (let y = Math.ceil(y0 - 8); y < y0 + 8; y++) {
      for (let x = Math.ceil(x0 - 8); x < x0 + 8; x++) {
        planes.image.data[y * SIZE + x]! += (flux / 25) * Math.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 8);
      }
    }
  }
  return { ...planes, unit: "nJy", wcs, metadata: {} };
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Reads image and weight, resamples, writes image and weight: the work that SWarp's run does. */
async function runOurs(
  folder: string,
  wcs: SkyWcs,
  target: SkyWcs,
): Promise<{ whole: number; kernel: number }> {
  const start = performance.now();
  await using image = await openFits(join(folder, "in.fits"));
  await using weight = await openFits(join(folder, "in.weight.fits"));
  const planes = createMaskedImage(bbox);
  planes.image.data.set((await image.hdu(0).readImage()).data as Float32Array);
  const weights = (await weight.hdu(0).readImage()).data as Float32Array;
  for (let i = 0; i < weights.length; i++) planes.variance.data[i] = 1 / weights[i]!;
  const before = performance.now();
  const warped = warpExposure(
    { ...planes, unit: "nJy", wcs, metadata: {} },
    target,
    bbox,
    warpConfig.parse({}),
  );
  const kernel = performance.now() - before;
  const out = warped!.bbox;
  const header = target.toFitsCards();
  const outShape = [out.width, out.height];
  await writeFits(join(folder, "ours.fits"), [
    { kind: "image", header, data: warped!.image.data as Float32Array<ArrayBuffer>, shape: outShape },
  ]);
  const inverse = warped!.variance.data.map((v) => 1 / v);
  await writeFits(join(folder, "ours.weight.fits"), [
    { kind: "image", header, data: inverse, shape: outShape },
  ]);
  return { whole: (performance.now() - start) / 1000, kernel: kernel / 1000 };
}

function runSwarp(folder: string): number {
  const options = {
    RESAMPLING_TYPE: "LANCZOS3",
    COMBINE: "N",
    SUBTRACT_BACK: "N",
    WEIGHT_TYPE: "MAP_WEIGHT",
    WEIGHT_IMAGE: "in.weight.fits",
    NTHREADS: "1",
    VERBOSE_TYPE: "QUIET",
    WRITE_XML: "N",
    PROJECTION_ERR: "0.002",
  };
  const start = performance.now();
  const run = spawnSync(
    "SWarp",
    ["in.fits", "-c", "empty.swarp", ...Object.entries(options).flatMap(([k, v]) => [`-${k}`, v])],
    { cwd: folder, encoding: "utf8" },
  );
  if (run.status !== 0) throw new Error(`SWarp failed: ${run.stderr || run.error?.message}`);
  return (performance.now() - start) / 1000;
}

/** Largest difference of the two programs' pixels, in units of the noise, where both are well inside. */
async function compare(folder: string): Promise<number> {
  await using ours = await openFits(join(folder, "ours.fits"));
  await using theirs = await openFits(join(folder, "in.resamp.fits"));
  const a = await ours.hdu(0).readImage();
  const b = await theirs.hdu(0).readImage();
  const header = theirs.hdu(0).header;
  const dx = (header.getNumber("CRPIX1") ?? 0) - (SIZE / 2 + 1);
  const dy = (header.getNumber("CRPIX2") ?? 0) - (SIZE / 2 + 1);
  let sum = 0;
  let count = 0;
  for (let y = 1000; y < 3000; y += 7) {
    for (let x = 1000; x < 3000; x += 7) {
      const difference =
        Number(a.data[y * a.shape[0]! + x]!) - Number(b.data[(y + dy) * b.shape[0]! + x + dx]!);
      sum += difference ** 2;
      count++;
    }
  }
  return Math.sqrt(sum / count) / 3;
}

/** Lanczos3 resampling of a 4096² image with weights by one degree, against SWarp on the same files. */
export const bars: Bar[] = [
  {
    name: "warp of 4096² with Lanczos3 and weights, one thread",
    goal: "not slower than SWarp on the same files",
    async measure() {
      const found = spawnSync("SWarp", ["-v"], { encoding: "utf8" });
      if (found.status !== 0) return { figure: "SWarp is not installed (Debian: swarp)", pass: false };
      const folder = await mkdtemp(join(tmpdir(), "almagest-warp-"));
      try {
        const wcs = plane(0);
        const target = plane(1);
        const scene = createScene(wcs);
        const header = wcs.toFitsCards();
        const weight = new Float32Array(SIZE * SIZE).fill(1 / 9);
        await writeFits(join(folder, "in.fits"), [
          { kind: "image", header, data: scene.image.data as Float32Array<ArrayBuffer>, shape },
        ]);
        await writeFits(join(folder, "in.weight.fits"), [{ kind: "image", header, data: weight, shape }]);
        await writeFile(join(folder, "empty.swarp"), "");
        // SWarp takes the output's WCS from this file.
        const cards = [["NAXIS", 2], ["NAXIS1", SIZE], ["NAXIS2", SIZE], ...target.toFitsCards()];
        const head = cards.map(([k, v]) => `${String(k).padEnd(8)}= ${typeof v === "string" ? `'${v}'` : v}`);
        await writeFile(join(folder, "coadd.head"), `${head.join("\n")}\nEND\n`);
        const ours: { whole: number; kernel: number }[] = [];
        const theirs: number[] = [];
        for (let i = 0; i < REPEATS; i++) {
          ours.push(await runOurs(folder, wcs, target));
          theirs.push(runSwarp(folder));
        }
        const whole = median(ours.map((run) => run.whole));
        const kernel = median(ours.map((run) => run.kernel));
        const swarp = median(theirs);
        return {
          figure: `${whole.toFixed(2)} s with files (resampling ${kernel.toFixed(2)} s), SWarp ${swarp.toFixed(2)} s`,
          pass: whole <= swarp,
          note: `pixels differ by ${(await compare(folder)).toFixed(4)} of the noise (rms); ours warps a mask as well`,
        };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  },
];
