import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFits } from "@almagest/fits";
import { warpLanczos3 } from "@almagest/kernels";
import { createTanWcs } from "@almagest/sphere";
import type { Bar } from "../../scripts/bar.ts";
import { bestSeconds, createSkyFrame, SIDE } from "./sky-frame.ts";

const ANGLE = Math.PI / 180;

function fieldWcs(angle: number) {
  const s = 0.2 / 3600;
  return createTanWcs({
    crvalRaDeg: 150,
    crvalDecDeg: 2,
    crpixX: (SIDE - 1) / 2,
    crpixY: (SIDE - 1) / 2,
    cd: [-s * Math.cos(angle), s * Math.sin(angle), s * Math.sin(angle), s * Math.cos(angle)],
  });
}

/** SWarp's wall time for one rotated frame with a weight map, one thread, files included (they lie in memory or cache). */
async function timeSwarp(frame: Float32Array): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-swarp-"));
  try {
    const header = fieldWcs(ANGLE).toFitsCards();
    const shape = [SIDE, SIDE];
    const data = frame as Float32Array<ArrayBuffer>;
    await writeFits(join(folder, "in.fits"), [{ kind: "image", header, data, shape }]);
    const weight = new Float32Array(frame.length).fill(1);
    await writeFits(join(folder, "in.weight.fits"), [{ kind: "image", header, data: weight, shape }]);
    const options =
      "-RESAMPLING_TYPE LANCZOS3 -COMBINE N -SUBTRACT_BACK N -NTHREADS 1 -WEIGHT_TYPE MAP_WEIGHT -WRITE_XML N -VERBOSE_TYPE QUIET " +
      `-CENTER_TYPE MANUAL -CENTER 150.0,2.0 -IMAGE_SIZE ${SIDE} -PIXELSCALE_TYPE MANUAL -PIXEL_SCALE 0.2`;
    return bestSeconds(2, () => {
      const run = spawnSync("SWarp", ["in.fits", ...options.split(" ")], { cwd: folder, encoding: "utf8" });
      if (run.status !== 0) throw new Error(run.error?.message ?? run.stderr);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The kernel's time for the same pixels: image, variance and mask. */
function timeWarp(image: Float32Array): number {
  const [to, from] = [fieldWcs(0), fieldWcs(ANGLE)];
  const step = 32;
  const n = SIDE / step + 1;
  const grid = { step, nx: n, ny: n, x: new Float64Array(n * n), y: new Float64Array(n * n) };
  const pixels = SIDE * SIDE;
  const src = {
    width: SIDE,
    height: SIDE,
    image,
    variance: new Float32Array(pixels).fill(100),
    mask: new Uint32Array(pixels),
  };
  const dst = {
    width: SIDE,
    height: SIDE,
    image: new Float32Array(pixels),
    variance: new Float32Array(pixels),
    mask: new Uint32Array(pixels),
  };
  return bestSeconds(3, () => {
    for (let i = 0; i < n * n; i++) {
      grid.x[i] = step * (i % n);
      grid.y[i] = step * Math.floor(i / n);
    }
    to.pixelToSkyArrays(grid.x, grid.y, grid.x, grid.y);
    from.skyToPixelArrays(grid.x, grid.y, grid.x, grid.y);
    warpLanczos3(src, grid, dst, { noDataBits: 256 });
  });
}

/** Warping against SWarp on the same machine in the same run. */
export const bars: Bar[] = [
  {
    name: "warp 4096² by 1° with Lanczos 3, with variance and mask",
    goal: "not slower than SWarp with a weight map",
    async measure() {
      const frame = createSkyFrame();
      const ours = timeWarp(frame);
      const theirs = await timeSwarp(frame);
      return {
        figure: `${ours.toFixed(2)} s against ${theirs.toFixed(2)} s`,
        pass: ours <= theirs,
        note: "SWarp's time includes reading and writing its files",
      };
    },
  },
];
