import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createBox,
  createImage,
  createMaskedImage,
  type Exposure,
  readExposure,
  writeExposure,
} from "@almagest/images";
import type { Bar } from "../../scripts/bar.ts";
import { createSkyFrame, SIDE } from "./sky-frame.ts";

function fileBar(compress: "none" | "lossless" | "lossy", goalSec: number): Bar {
  return {
    name: `write and read a 4096² exposure, compression ${compress}`,
    goal: `write ≤ ${goalSec} s`,
    async measure() {
      const folder = mkdtempSync(join(tmpdir(), "almagest-exposure-"));
      try {
        const path = join(folder, "exposure.fits");
        const bbox = createBox(0, 0, SIDE, SIDE);
        const planes = createMaskedImage(bbox, { image: createImage(bbox, createSkyFrame()) });
        planes.variance.data.fill(100);
        const exposure: Exposure = { ...planes, unit: "electron", metadata: {} };
        const start = performance.now();
        await writeExposure(path, exposure, { compress });
        const written = performance.now();
        await readExposure(path);
        const [write, read] = [(written - start) / 1000, (performance.now() - written) / 1000];
        return { figure: `write ${write.toFixed(2)} s, read ${read.toFixed(2)} s`, pass: write <= goalSec };
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}

/** Files of one detector's exposure. */
export const bars: Bar[] = [fileBar("none", 1), fileBar("lossless", 10), fileBar("lossy", 5)];
