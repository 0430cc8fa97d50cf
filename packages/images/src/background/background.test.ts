import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createRandom, isAlmagestError } from "@almagest/base";
import { createBox } from "../box-algebra.ts";
import type { Camera } from "../camera.ts";
import type { MaskedImage } from "../exposure.ts";
import { readBackground, writeBackground } from "../files/background-file.ts";
import { readCamera, readDefects, writeCamera, writeDefects } from "../files/camera-file.ts";
import { createMaskedImage } from "../planes/create-planes.ts";
import {
  addBackground,
  appendBackground,
  evaluateBackground,
  subtractBackground,
} from "./background-model.ts";
import { estimateBackground, fillMesh } from "./estimate-background.ts";
import { fitChebyshev } from "./fit-chebyshev.ts";

const folder = await mkdtemp(join(tmpdir(), "almagest-background-"));
after(() => rm(folder, { recursive: true }));

const bbox = createBox(1000, -500, 520, 400);
const sky = (x: number, y: number): number => 300 + 0.1 * (x - 1000) + 20 * Math.sin((y + 500) / 200);

function makeSky(): MaskedImage {
  const random = createRandom("sky");
  const image = createMaskedImage(bbox);
  for (let i = 0; i < image.image.data.length; i++) {
    const x = bbox.x0 + (i % bbox.width);
    const y = bbox.y0 + Math.floor(i / bbox.width);
    const star = i % 97 === 0 ? 4000 * random.uniform() : 0;
    image.image.data[i] = sky(x, y) + 5 * random.normal() + star;
    const hidden = x < 1100 && y < -400;
    if (hidden) {
      image.image.data[i] = 1e5;
      image.mask.data[i] = 1;
    }
  }
  return image;
}

for (const kind of ["spline", "bilinear", "chebyshev"] as const) {
  test(`a ${kind} background follows the sky under stars and round a masked corner`, () => {
    const source = makeSky();
    const { layer, noise, level } = estimateBackground(source, { boxSize: 64, kind });
    assert.ok(Math.abs(noise - 5.3) < 0.3 && Math.abs(level - 335) < 25, `${noise} ${level}`);
    const model = appendBackground(undefined, layer);
    const found = evaluateBackground(model, bbox);
    let worst = 0;
    for (let y = 120; y < 400; y += 7) {
      for (let x = 120; x < 520; x += 7) {
        worst = Math.max(worst, Math.abs(found.data[y * 520 + x]! - sky(bbox.x0 + x, bbox.y0 + y)));
      }
    }
    assert.ok(worst < 2, `${worst}`);
  });
}

test("a part of a background is that part of the whole, and subtracting can be undone", () => {
  const source = makeSky();
  const first = estimateBackground(source, { boxSize: 64 }).layer;
  const second = estimateBackground(source, { boxSize: 100, kind: "chebyshev", order: 3 }).layer;
  const model = appendBackground(appendBackground(undefined, first), second);
  const whole = evaluateBackground(model, bbox);
  const part = evaluateBackground(model, createBox(1200, -300, 10, 5));
  part.data.forEach((value, i) => {
    const at = (200 + Math.floor(i / 10)) * 520 + 200 + (i % 10);
    assert.ok(Math.abs(value - whole.data[at]!) < 1e-3);
  });
  const before = source.image.data.slice();
  subtractBackground(source.image, model);
  addBackground(source.image, model);
  source.image.data.forEach((value, i) => {
    assert.ok(Math.abs(value - before[i]!) <= 2e-7 * Math.abs(before[i]!) + 1e-3);
  });
});

test("a background comes back from its file as it was", async () => {
  const source = makeSky();
  const spline = estimateBackground(source, { boxSize: 64 }).layer;
  const model = appendBackground(appendBackground(undefined, spline), {
    kind: "chebyshev",
    bbox,
    coefficients: [[1, 0.1], [1 / 3]],
  });
  await writeBackground(join(folder, "background.json"), model);
  assert.deepEqual(await readBackground(join(folder, "background.json")), model);
});

test("cameras and defects come back from their files, which are told apart", async () => {
  const defects = [createBox(1, 2, 3, 4)];
  const camera: Camera = { name: "Sim", detectors: [], plateScaleArcsecPerMm: 20, distortion: [1e-7] };
  await writeDefects(join(folder, "defects.json"), defects);
  await writeCamera(join(folder, "camera.json"), camera);
  assert.deepEqual(await readDefects(join(folder, "defects.json")), defects);
  assert.deepEqual(await readCamera(join(folder, "camera.json")), camera);
  await assert.rejects(readCamera(join(folder, "defects.json")), (error) =>
    isAlmagestError(error, "IMAGES.FILE_INVALID"),
  );
});

test("holes of a mesh are filled from the nearest ring", () => {
  const nan = Number.NaN;
  assert.deepEqual([...fillMesh(Float32Array.of(1, nan, 3, 4), 4, 1)], [1, 2, 3, 4]);
  assert.deepEqual([...fillMesh(Float32Array.of(nan, nan, nan, 8), 4, 1)], [8, 8, 8, 8]);
  assert.deepEqual([...fillMesh(Float32Array.of(nan, nan), 2, 1)], [0, 0]);
});

test("a Chebyshev fit finds its own coefficients, and lowers its order when points are few", () => {
  const box = createBox(0, 0, 101, 51);
  const [x, y, value]: [number[], number[], number[]] = [[], [], []];
  for (let j = 0; j < 51; j += 5) {
    for (let i = 0; i < 101; i += 10) {
      const [u, v] = [i / 50 - 1, j / 25 - 1];
      x.push(i);
      y.push(j);
      value.push(2 + 0.5 * u - 0.25 * v + 0.1 * (2 * u * u - 1) + 0.3 * u * v);
    }
  }
  const found = fitChebyshev(box, 2, { x, y, value });
  assert.deepEqual(
    found.map((row) => row.map((c) => Math.round(c * 1e9) / 1e9 + 0)),
    [[2, 0.5, 0.1], [-0.25, 0.3], [0]],
  );
  assert.deepEqual(fitChebyshev(box, 4, { x: [50], y: [25], value: [7] }), [[7]]);
  assert.throws(
    () => fitChebyshev(box, 1, { x: [1], y: [1], value: [Number.NaN] }),
    (error) => isAlmagestError(error, "IMAGES.FIT_EMPTY"),
  );
});
