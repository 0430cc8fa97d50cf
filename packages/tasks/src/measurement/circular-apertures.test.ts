import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { sumCircularApertures } from "@almagest/kernels";
import { createApertureSummer } from "./circular-apertures.ts";

test("circles cover their area and agree with exact overlap on a rough image", () => {
  const random = createRandom("apertures");
  const [width, height] = [90, 80];
  const radii = [1.5, 3, 4.5, 6, 9, 12, 17, 25];
  const ones = new Float32Array(width * height).fill(1);
  const rough = ones.map(() => 100 + 10 * random.normal());
  const summer = createApertureSummer(radii);
  const [area, sum] = [new Float64Array(radii.length), new Float64Array(radii.length)];
  const unused = new Float64Array(radii.length);
  const mask = new Uint32Array(width * height);
  for (let trial = 0; trial < 50; trial++) {
    const x = 30 + 30 * random.uniform();
    const y = 30 + 20 * random.uniform();
    summer.sum({ width, height, image: ones, variance: ones, mask }, x, y, area, unused, 0);
    summer.sum({ width, height, image: rough, variance: ones, mask }, x, y, sum, unused, 0);
    const exact = sumCircularApertures({ width, height, image: rough }, [x], [y], radii);
    radii.forEach((r, k) => {
      const truth = Math.PI * r * r;
      assert.ok(Math.abs(area[k]! / truth - 1) < 2e-3 / r, `area of ${r}: ${area[k]! / truth - 1}`);
      assert.ok(
        Math.abs(sum[k]! / exact.sum[k]! - 1) < 2e-3 / r,
        `sum of ${r}: ${sum[k]! / exact.sum[k]! - 1}`,
      );
    });
  }
});

test("what lies beyond the image adds nothing", () => {
  const image = new Float32Array(400).fill(2);
  const planes = { width: 20, height: 20, image, variance: image, mask: new Uint32Array(400) };
  const out = new Float64Array(1);
  const noise = new Float64Array(1);
  createApertureSummer([5]).sum(planes, -0.5, 9.5, out, noise, 0);
  assert.ok(Math.abs(out[0]! / (Math.PI * 25) - 1) < 1e-3, "half a circle of twos");
  createApertureSummer([5]).sum(planes, -20, 9.5, out, noise, 0);
  assert.equal(out[0], 0);
});
