import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { compareWithSphgeom } from "../fixtures/compare-with-sphgeom.ts";
import { createHtmPixelization } from "../pixels/htm.ts";
import { createUnitVector } from "../unit-vector.ts";
import { regionsOverlap } from "./overlap.ts";
import { regionFromBase64, regionToBase64 } from "./region-bytes.ts";

const golden = join(import.meta.dirname, "../../../../../shared/reference/butler/golden/sphgeom.json");

test("72 regions of every kind, their bytes, bounds, pixels, relations and overlaps are sphgeom's", () => {
  const file = join(import.meta.dirname, "../fixtures/sphgeom-cases.json");
  const { differences, compared } = compareWithSphgeom(JSON.parse(readFileSync(file, "utf8")));
  assert.deepEqual(differences, []);
  assert.ok(compared > 2000, `only ${compared} comparisons`);
});

test("a Butler's regions: bytes, HTM envelopes, HTM numbers and overlap verdicts are sphgeom's", (t) => {
  if (!existsSync(golden)) return t.skip("needs shared/reference/butler/golden: sphgeom.json");
  const { regions, htm_index, overlap_polys, overlaps } = JSON.parse(readFileSync(golden, "utf8"));
  const htm7 = createHtmPixelization(7);
  const htm20 = createHtmPixelization(20);
  for (const { label, base64, htm7_envelope } of regions) {
    const region = regionFromBase64(base64);
    assert.equal(regionToBase64(region), base64, label);
    assert.deepEqual(htm7.envelope(region), htm7_envelope, label);
  }
  for (const [raDeg, decDeg, index7, index20] of htm_index) {
    const v = createUnitVector(raDeg, decDeg);
    assert.deepEqual([htm7.indexOf(v), htm20.indexOf(v)], [index7, index20], `${raDeg} ${decDeg}`);
  }
  const polygons = overlap_polys.map(regionFromBase64);
  for (const [i, j, verdict] of overlaps) assert.equal(regionsOverlap(polygons[i], polygons[j]), verdict);
  assert.deepEqual([regions.length, htm_index.length, overlaps.length], [62, 200, 300]);
});
