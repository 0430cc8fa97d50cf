import assert from "node:assert/strict";
import { test } from "node:test";
import { detectSources } from "../detection/detect-sources.ts";
import { drawSyntheticField } from "../detection/synthetic-field.ts";
import { applyChild } from "./children.ts";
import { deblendFootprints } from "./deblend-footprints.ts";

test("children share out exactly the light of their footprint", () => {
  const field = drawSyntheticField({
    seed: "blend",
    width: 300,
    height: 300,
    sources: 260,
    galaxyFraction: 0.5,
    psfSigma: 2,
    sky: 0,
    noise: 3,
    fluxMin: 500,
    fluxMax: 1e5,
    slope: 0.8,
  });
  const found = detectSources(field.image, field.psf);
  assert.ok(found.footprints.count < 0.8 * found.count, "the field is blended");
  const image = field.image.image.data.slice();
  const children = deblendFootprints(image, field.image.bbox, found);
  for (let k = 0; k < found.count; k++) applyChild(image, children, k, -1);
  const inside = new Uint8Array(image.length);
  for (let r = 0; r < found.footprints.y.length; r++) {
    for (let x = found.footprints.x0[r]!; x <= found.footprints.x1[r]!; x++)
      inside[found.footprints.y[r]! * 300 + x] = 1;
  }
  for (let p = 0; p < image.length; p++) {
    const original = field.image.image.data[p]!;
    if (inside[p])
      assert.ok(Math.abs(image[p]!) <= 1e-5 * Math.abs(original) + 1e-4, `pixel ${p} keeps ${image[p]}`);
    else assert.equal(image[p], original);
  }
});
