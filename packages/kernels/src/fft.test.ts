import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom, isAlmagestError } from "@almagest/base";
import { createComplexPlane, fft2d } from "./fft.ts";
import { randomPlane } from "./testing/planes.ts";

test("a transform equals the sum it stands for, and its inverse brings the plane back", () => {
  const [width, height] = [8, 4];
  const real = randomPlane(createRandom("fft"), width * height);
  const plane = createComplexPlane(width, height, real);
  fft2d(plane);
  for (let v = 0; v < height; v++) {
    for (let u = 0; u < width; u++) {
      let [re, im] = [0, 0];
      real.forEach((value, i) => {
        const phase = -2 * Math.PI * ((u * (i % width)) / width + (v * Math.floor(i / width)) / height);
        re += value * Math.cos(phase);
        im += value * Math.sin(phase);
      });
      assert.ok(
        Math.abs(plane.re[v * width + u]! - re) < 1e-12 && Math.abs(plane.im[v * width + u]! - im) < 1e-12,
      );
    }
  }
  fft2d(plane, true);
  real.forEach((value, i) => {
    assert.ok(Math.abs(plane.re[i]! - value) < 1e-14 && Math.abs(plane.im[i]!) < 1e-14);
  });
});

test("sizes that are no power of two are refused", () => {
  assert.throws(
    () => fft2d(createComplexPlane(6, 4)),
    (error) => isAlmagestError(error, "KERNELS.NOT_POWER_OF_TWO"),
  );
});
