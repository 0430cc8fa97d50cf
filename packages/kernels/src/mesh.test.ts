import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import fc from "fast-check";
import { addMesh, evaluateMesh, type MeshOptions, subtractMesh } from "./mesh.ts";
import { applyMeshPlain } from "./oracle/mesh.ts";
import { assertSameBits, randomPlane } from "./testing/planes.ts";

test("storing, adding and subtracting a mesh equal their plain twin bit for bit", () => {
  const shape = fc.record({
    width: fc.integer({ min: 1, max: 90 }),
    height: fc.integer({ min: 1, max: 70 }),
    nx: fc.integer({ min: 1, max: 6 }),
    ny: fc.integer({ min: 1, max: 6 }),
    boxSize: fc.integer({ min: 1, max: 40 }),
    x0: fc.integer({ min: -50, max: 50 }),
    interpolation: fc.constantFrom("spline" as const, "bilinear" as const),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(shape, ({ width, height, nx, ny, boxSize, x0, interpolation, seed }) => {
      const random = createRandom(seed);
      const mesh = { nx, ny, boxSize, values: randomPlane(random, nx * ny) };
      const options: MeshOptions = { interpolation, x0, y0: 7 - x0 };
      const data = randomPlane(random, width * height);
      for (const [sign, apply] of [
        [0, (d: Float32Array) => evaluateMesh(mesh, width, height, d, options)],
        [1, (d: Float32Array) => addMesh(d, width, height, mesh, options)],
        [-1, (d: Float32Array) => subtractMesh(d, width, height, mesh, options)],
      ] as const) {
        const [fast, plain] = [data.slice(), data.slice()];
        apply(fast);
        applyMeshPlain(plain, width, height, mesh, sign, options);
        assertSameBits(fast, plain);
      }
    }),
    { numRuns: 80 },
  );
});

test("a mesh goes through its nodes, and a plane comes out a plane, beyond the last nodes too", () => {
  const values = Float32Array.from({ length: 20 }, (_, i) => 3 + 2 * (i % 5) - 4 * Math.floor(i / 5));
  const mesh = { nx: 5, ny: 4, boxSize: 9, values };
  const out = new Float32Array(45 * 36);
  evaluateMesh(mesh, 45, 36, out);
  for (let y = 0; y < 36; y++) {
    for (let x = 0; x < 45; x++) {
      const truth = 3 + 2 * ((x + 0.5) / 9 - 0.5) - 4 * ((y + 0.5) / 9 - 0.5);
      assert.ok(Math.abs(out[y * 45 + x]! - truth) < 1e-5);
    }
  }
  const bumpy = { ...mesh, values: values.map((v, i) => v + ((i * 7) % 5)) };
  evaluateMesh(bumpy, 45, 36, out);
  for (let j = 0; j < 4; j++) {
    for (let i = 0; i < 5; i++) {
      assert.ok(Math.abs(out[(9 * j + 4) * 45 + 9 * i + 4]! - bumpy.values[j * 5 + i]!) < 1e-5);
    }
  }
});

test("a spline follows a smooth sky better than straight pieces", () => {
  const sky = (x: number, y: number) => 100 + 10 * Math.sin(x / 60) * Math.cos(y / 70);
  const mesh = {
    nx: 16,
    ny: 16,
    boxSize: 32,
    values: Float32Array.from({ length: 256 }, (_, i) =>
      sky((i % 16) * 32 + 15.5, Math.floor(i / 16) * 32 + 15.5),
    ),
  };
  const worst = (["spline", "bilinear"] as const).map((interpolation) => {
    const out = new Float32Array(512 * 512);
    evaluateMesh(mesh, 512, 512, out, { interpolation });
    let error = 0;
    for (let y = 64; y < 448; y++) {
      for (let x = 64; x < 448; x++) error = Math.max(error, Math.abs(out[y * 512 + x]! - sky(x, y)));
    }
    return error;
  });
  assert.ok(worst[0]! < 0.05 && worst[0]! < worst[1]! / 5, `${worst}`);
});
