import { createRandom } from "@almagest/base";
import type { Exposure, RawExposure } from "@almagest/images";
import { createSyntheticRaw } from "../../packages/tasks/src/isr/synthetic-raw.ts";

/** A raw exposure of 16 amplifiers of 512 × 2048 imaging pixels: sky, stars and cosmic rays. */
export function createFullDetectorRaw(): RawExposure {
  const width = 4096;
  const random = createRandom("full detector");
  const scene = new Float32Array(width * width);
  for (let i = 0; i < scene.length; i++)
    scene[i] = 900 + 30 * (random.uniform() + random.uniform() - 1) * 2.45;
  for (let star = 0; star < 6000; star++) {
    const x0 = 10 + random.uniform() * (width - 20);
    const y0 = 10 + random.uniform() * (width - 20);
    const flux = 300 / (random.uniform() + 2e-4);
    for (let y = Math.ceil(y0 - 8); y < y0 + 8; y++) {
      for (let x = Math.ceil(x0 - 8); x < x0 + 8; x++) {
        scene[y * width + x]! += (flux / 22.6) * Math.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 7.2);
      }
    }
  }
  for (let ray = 0; ray < 1500; ray++) {
    let x = random.uniform() * width;
    let y = random.uniform() * width;
    const angle = random.uniform() * Math.PI;
    const length = 2 + random.integer(20);
    for (let k = 0; k < length; k++) {
      const at = Math.floor(y) * width + Math.floor(x);
      if (at >= 0 && at < scene.length) scene[at]! += 500 + 2000 * random.uniform();
      x += Math.cos(angle);
      y += Math.sin(angle);
    }
  }
  return createSyntheticRaw(
    (x, y) => scene[y * width + x]!,
    {
      columns: 8,
      rows: 2,
      ampWidth: 512,
      ampHeight: 2048,
      prescan: 10,
      overscan: 64,
      parallelOverscan: 48,
      crosstalk: 1e-4,
    },
    random.fork("read"),
  );
}

/** A calibration frame of one value and variance on the raw exposure's detector. */
export function createFlatFrame(raw: RawExposure, value: number, variance: number): Exposure {
  const bbox = raw.detector.bbox;
  const size = bbox.width * bbox.height;
  return {
    bbox,
    image: { bbox, data: new Float32Array(size).fill(value) },
    variance: { bbox, data: new Float32Array(size).fill(variance) },
    mask: { bbox, data: new Uint32Array(size), planes: new Map([["BAD", 0]]) },
    unit: "electron",
    metadata: {},
  };
}
