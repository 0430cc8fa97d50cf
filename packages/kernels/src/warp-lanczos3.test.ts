import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom, isAlmagestError } from "@almagest/base";
import fc from "fast-check";
import { warpLanczos3Plain } from "./oracle/warp-lanczos3.ts";
import { assertSameBits, randomMask, randomPlane } from "./testing/planes.ts";
import { type CoordinateGrid, type WarpPlanes, warpLanczos3 } from "./warp-lanczos3.ts";

type Full = Required<WarpPlanes>;

function makePlanes(width: number, height: number): Full {
  const size = width * height;
  return {
    width,
    height,
    image: new Float32Array(size),
    variance: new Float32Array(size),
    mask: new Uint32Array(size),
  };
}

/** Samples a mapping at every `step`-th output pixel, far enough to cover the output. */
function sampleGrid(
  width: number,
  height: number,
  step: number,
  map: (x: number, y: number) => readonly [number, number],
): CoordinateGrid {
  const nx = Math.max(2, Math.ceil((width - 1) / step) + 1);
  const ny = Math.max(2, Math.ceil((height - 1) / step) + 1);
  const grid = { step, nx, ny, x: new Float64Array(nx * ny), y: new Float64Array(nx * ny) };
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      [grid.x[j * nx + i], grid.y[j * nx + i]] = map(i * step, j * step);
    }
  }
  return grid;
}

test("warpLanczos3 equals its plain twin bit for bit", () => {
  const shape = fc.record({
    width: fc.integer({ min: 6, max: 80 }),
    height: fc.integer({ min: 6, max: 60 }),
    outWidth: fc.integer({ min: 1, max: 90 }),
    outHeight: fc.integer({ min: 1, max: 60 }),
    step: fc.integer({ min: 1, max: 40 }),
    angle: fc.double({ min: -4, max: 4, noNaN: true }),
    scale: fc.double({ min: 0.3, max: 2, noNaN: true }),
    flags: fc.integer({ min: 0, max: 7 }),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(shape, ({ width, height, outWidth, outHeight, step, angle, scale, flags, seed }) => {
      const random = createRandom(seed);
      const [c, s] = [scale * Math.cos(angle), scale * Math.sin(angle)];
      const grid = sampleGrid(outWidth, outHeight, step, (x, y) => [
        width / 2 + c * (x - outWidth / 2) - s * (y - outHeight / 2) + 1e-3 * x * y,
        height / 2 + s * (x - outWidth / 2) + c * (y - outHeight / 2),
      ]);
      const src: WarpPlanes = {
        width,
        height,
        image: randomPlane(random, width * height, flags & 1 ? 0.002 : 0),
        ...(flags & 2 && { variance: randomPlane(random, width * height).map(Math.abs) }),
        ...(flags & 4 && { mask: randomMask(random, width * height) }),
      };
      const [fast, plain] = [makePlanes(outWidth, outHeight), makePlanes(outWidth, outHeight)];
      const options = { noDataBits: 256, spreadBits: 2, scaleArea: (flags & 2) === 0 };
      warpLanczos3(src, grid, fast, options);
      warpLanczos3Plain(src, grid, plain, options);
      assertSameBits(fast.mask, plain.mask);
      assertSameBits(fast.image, plain.image);
      assertSameBits(fast.variance, plain.variance);
    }),
    { numRuns: 150 },
  );
});

test("an output larger than a tile, with a source part too large to hold, equals the plain twin", () => {
  const random = createRandom("tiles");
  const src = { ...makePlanes(1700, 1500), image: randomPlane(random, 1700 * 1500) };
  const grid = sampleGrid(300, 280, 25, (x, y) => [5.5 * x + 0.2 * y, 5.3 * y]);
  const [fast, plain] = [makePlanes(300, 280), makePlanes(300, 280)];
  warpLanczos3(src, grid, fast, { noDataBits: 1 });
  warpLanczos3Plain(src, grid, plain, { noDataBits: 1 });
  assertSameBits(fast.image, plain.image);
  assertSameBits(fast.mask, plain.mask);
});

test("a whole-pixel shift moves pixels exactly, and its border has no data", () => {
  const random = createRandom("shift");
  const src = { ...makePlanes(20, 20), image: randomPlane(random, 400) };
  const dst = makePlanes(20, 20);
  warpLanczos3(
    src,
    sampleGrid(20, 20, 7, (x, y) => [x + 4, y - 2]),
    dst,
    { noDataBits: 256 },
  );
  assert.equal(dst.image[10 * 20 + 5], src.image[8 * 20 + 9]);
  assert.equal(dst.mask[10 * 20 + 5], 0);
  assert.equal(dst.mask[10 * 20 + 17], 256);
  assert.ok(Number.isNaN(dst.image[10 * 20 + 17]!));
});

test("a star keeps its flux and lands where the mapping says, under rotation and scale", () => {
  const src = makePlanes(80, 80);
  for (let i = 0; i < 6400; i++) {
    const r2 = ((i % 80) - 41.3) ** 2 + (Math.floor(i / 80) - 38.8) ** 2;
    src.image[i] = Math.exp(-r2 / (2 * 2.2 ** 2));
  }
  const [c, s] = [0.8 * Math.cos(0.4), 0.8 * Math.sin(0.4)];
  const map = (x: number, y: number) =>
    [40 + c * (x - 50) - s * (y - 50), 40 + s * (x - 50) + c * (y - 50)] as const;
  const dst = makePlanes(100, 100);
  warpLanczos3(src, sampleGrid(100, 100, 16, map), dst, { noDataBits: 256, fill: 0 });
  let [sum, sx, sy] = [0, 0, 0];
  dst.image.forEach((value, i) => {
    sum += value;
    sx += value * (i % 100);
    sy += value * Math.floor(i / 100);
  });
  const [x, y] = map(sx / sum, sy / sum);
  assert.ok(Math.hypot(x - 41.3, y - 38.8) < 2e-3, `${x} ${y}`);
  assert.ok(Math.abs(sum / (2 * Math.PI * 2.2 ** 2) - 1) < 1e-3, `${sum}`);
});

test("a grid that does not reach the last pixel is refused", () => {
  const grid = sampleGrid(50, 50, 10, (x, y) => [x, y]);
  assert.throws(
    () => warpLanczos3(makePlanes(60, 60), grid, makePlanes(60, 50), { noDataBits: 1 }),
    (error) => isAlmagestError(error, "KERNELS.GRID_TOO_SMALL"),
  );
});
