import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "../../packages/base/src/index.ts";
import { type CompressSpec, openFits, type PixelArray, writeFits } from "../../packages/fits/src/index.ts";
import { findAstropy, hasFpack } from "../../packages/fits/src/testing/astropy.ts";
import type { Bar } from "../../scripts/bar.ts";

const SIZE = 4096;
const REPEATS = 7;
const QUANTIZE = { level: 4, dither: 1, seed: 1 } as const;

/** A sky of Gaussian noise and some stars, 4096 × 4096, made once. */
const sky = (() => {
  let made: Float32Array<ArrayBuffer> | undefined;
  return (): Float32Array<ArrayBuffer> => {
    if (made !== undefined) return made;
    const random = createRandom("fits bench");
    const noise = Float32Array.from({ length: 1 << 16 }, () => 12 * random.normal());
    made = new Float32Array(SIZE * SIZE);
    let state = 1;
    for (let i = 0; i < made.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      made[i] = 1000 + noise[state >>> 16]!;
    }
    for (let star = 0; star < 6400; star++) {
      const [x, y] = [5 + random.integer(SIZE - 10), 5 + random.integer(SIZE - 10)];
      const flux = 200 / (random.uniform() + 0.002);
      for (let dy = -5; dy <= 5; dy++)
        for (let dx = -5; dx <= 5; dx++)
          made[(y + dy) * SIZE + x + dx]! += flux * Math.exp(-(dx * dx + dy * dy) / 6);
    }
    return made;
  };
})();

/** Least and median wall time in seconds. */
async function time(action: () => Promise<unknown>): Promise<{ best: number; median: number }> {
  const taken: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const start = performance.now();
    await action();
    taken.push((performance.now() - start) / 1000);
  }
  taken.sort((a, b) => a - b);
  return { best: taken[0]!, median: taken[REPEATS >> 1]! };
}

interface Case {
  readonly data: () => PixelArray;
  readonly compress?: CompressSpec;
  readonly limitSec: number;
  readonly action: "read" | "write";
}

/** Times the same work by astropy (reading) and funpack or fpack, for comparison. */
function timeOthers(path: string, folder: string, action: Case["action"]): string {
  const notes: string[] = [];
  const python = findAstropy();
  if (python !== undefined && action === "read") {
    const code =
      "import sys,time\nfrom astropy.io import fits\nb=9\nfor i in range(5):\n t=time.time()\n h=fits.open(sys.argv[1],memmap=False)\n d=[x.data for x in h][-1]\n d.max()\n b=min(b,time.time()-t)\nprint('%.3f'%b)";
    notes.push(`astropy ${execFileSync(python, ["-c", code, path], { encoding: "utf8" }).trim()} s`);
  }
  const compressed = path.endsWith(".fz");
  if (hasFpack() && compressed) {
    const out = join(folder, "other.fits");
    const plain = join(folder, "plain.fits");
    if (action === "write") execFileSync("funpack", ["-O", plain, path]);
    const [program, args] =
      action === "read" ? ["funpack", ["-O", out, path]] : ["fpack", ["-q", "4", "-O", out, plain]];
    const taken: number[] = [];
    for (let i = 0; i < 3; i++) {
      rmSync(out, { force: true });
      const start = performance.now();
      spawnSync(program as string, args as string[]);
      taken.push((performance.now() - start) / 1000);
    }
    notes.push(`${program} ${Math.min(...taken).toFixed(3)} s with the other file's I/O`);
  }
  return notes.join(", ");
}

async function measure({
  data,
  compress,
  limitSec,
  action,
}: Case): Promise<Awaited<ReturnType<Bar["measure"]>>> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-fits-"));
  const path = join(folder, compress === undefined ? "a.fits" : "a.fits.fz");
  const spec = {
    kind: "image",
    name: "SCI",
    data: data(),
    shape: [SIZE, SIZE],
    ...(compress === undefined ? {} : { compress }),
  } as const;
  try {
    await writeFits(path, [spec]);
    const read = async (): Promise<void> => {
      await using file = await openFits(path);
      await file.hdu("SCI").readImage();
    };
    const { best, median } = await time(action === "read" ? read : () => writeFits(path, [spec]));
    const sizeMb = statSync(path).size / 1e6;
    return {
      figure: `${best.toFixed(3)} s (median ${median.toFixed(3)} s)`,
      pass: best <= limitSec,
      note: `${sizeMb.toFixed(0)} MB; ${timeOthers(path, folder, action)}`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const counts = (): PixelArray => Uint16Array.from(sky());
const bar = (name: string, spec: Case): Bar => ({
  name,
  goal: `≤ ${spec.limitSec} s`,
  measure: () => measure(spec),
});

export const bars: Bar[] = [
  bar("read 4096² float32", { data: sky, limitSec: 0.05, action: "read" }),
  bar("read 4096² Rice uint16", {
    data: counts,
    compress: { algorithm: "RICE_1" },
    limitSec: 0.15,
    action: "read",
  }),
  bar("read 4096² Rice float32, dithered", {
    data: sky,
    compress: { algorithm: "RICE_1", quantize: QUANTIZE },
    limitSec: 0.25,
    action: "read",
  }),
  bar("write 4096² Rice float32, dithered", {
    data: sky,
    compress: { algorithm: "RICE_1", quantize: QUANTIZE },
    limitSec: 0.8,
    action: "write",
  }),
];
