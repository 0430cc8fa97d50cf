import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { evaluateBackground, subtractBackground } from "@almagest/images";
import { createBlankField, drawSyntheticField } from "../detection/synthetic-field.ts";
import { estimateBackground, estimateSkyMesh } from "./estimate-background.ts";
import { spreadQuantized } from "./spread-quantized.ts";

const box = { x0: 100, y0: -50, width: 600, height: 520 };

test("follows a curved sky through noise", () => {
  const random = createRandom("sky");
  const field = createBlankField(box, 0, 25);
  const truth = field.image.data.map((_, p) => {
    const [x, y] = [(p % box.width) / 600, Math.floor(p / box.width) / 520];
    return 500 + 40 * x - 30 * y * y + 20 * x * y;
  });
  for (let p = 0; p < truth.length; p++) field.image.data[p] = truth[p]! + 5 * random.normal();
  const sky = evaluateBackground(estimateBackground(field, { boxSize: 64 }), box);
  let worst = 0;
  for (let p = 0; p < truth.length; p++) worst = Math.max(worst, Math.abs(sky.data[p]! - truth[p]!));
  assert.ok(worst < 1.6, `off by ${worst} where the noise is 5`);
});

test("is hardly lifted by sources, and knows the noise", () => {
  const field = drawSyntheticField({
    seed: "crowd",
    width: 512,
    height: 512,
    sources: 400,
    galaxyFraction: 0.5,
    psfSigma: 1.7,
    sky: 1000,
    noise: 10,
    fluxMin: 300,
    fluxMax: 3e5,
    slope: 0.8,
  });
  const mesh = estimateSkyMesh(field.image, { boxSize: 64 });
  const mean = mesh.level.reduce((a, b) => a + b) / mesh.level.length;
  const rms = mesh.rms.reduce((a, b) => a + b) / mesh.rms.length;
  assert.ok(Math.abs(mean - 1000) < 2, `sky ${mean}`);
  assert.ok(rms > 9.8 && rms < 11.5, `rms ${rms}`);
});

test("masked and undefined pixels do not count, and boxes of them are filled from their neighbours", () => {
  const random = createRandom("masked");
  const field = createBlankField(box, 0, 1);
  const bad = 1 << field.mask.planes.get("BAD")!;
  for (let p = 0; p < field.image.data.length; p++) field.image.data[p] = 7 + random.normal();
  for (let y = 0; y < 200; y++) {
    for (let x = 0; x < 200; x++) {
      field.image.data[y * box.width + x] = (x + y) % 2 ? 1e6 : Number.NaN;
      if ((x + y) % 2) field.mask.data[y * box.width + x] = bad;
    }
  }
  const mesh = estimateSkyMesh(field, { boxSize: 64 });
  for (const level of mesh.level) assert.ok(Math.abs(level - 7) < 0.5, `level ${level}`);
});

test("whole numbers give a level finer than their step", () => {
  const random = createRandom("counts");
  const small = { x0: 0, y0: 0, width: 512, height: 512 };
  const field = createBlankField(small, 0, 4);
  for (let p = 0; p < field.image.data.length; p++) {
    field.image.data[p] = Math.round(100.37 + 2 * random.normal());
  }
  const mesh = estimateSkyMesh(field, { boxSize: 128 });
  for (const level of mesh.level) assert.ok(Math.abs(level - 100.37) < 0.12, `level ${level}`);
  const real = Float32Array.from({ length: 50000 }, () => 1000 + 10 * random.normal());
  assert.equal(spreadQuantized(real), real, "real numbers are left alone");
});

test("subtracting leaves zero on average", () => {
  const random = createRandom("zero");
  const field = createBlankField(box, 0, 9);
  for (let p = 0; p < field.image.data.length; p++) field.image.data[p] = 250 + 3 * random.normal();
  subtractBackground(field.image, estimateBackground(field));
  const mean = field.image.data.reduce((a, b) => a + b) / field.image.data.length;
  assert.ok(Math.abs(mean) < 0.1, `mean ${mean}`);
});
