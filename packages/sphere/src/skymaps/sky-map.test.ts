import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom, isAlmagestError } from "@almagest/base";
import { createCircle } from "../regions/circle.ts";
import { regionContains } from "../regions/region-bounds.ts";
import { createUnitVector } from "../unit-vector.ts";
import { createSkyMap } from "./sky-map.ts";
import type { SkyMapConfig } from "./sky-map-config.ts";

const rubin: SkyMapConfig = {
  kind: "rings",
  name: "lsst_cells_v1",
  numRings: 120,
  pixelScaleArcsec: 0.2,
  tractOverlapDeg: 1 / 60,
  patches: { kind: "cells", cellSize: 150, cellBorder: 50, cellsPerPatchInner: 20, cellsInPatchBorder: 1 },
};
const subaru: SkyMapConfig = {
  ...rubin,
  name: "hsc_rings_v1",
  pixelScaleArcsec: 0.168,
  patches: { kind: "legacy", innerWidth: 4000, innerHeight: 4000, border: 100 },
};
const patches = { kind: "legacy", innerWidth: 500, innerHeight: 400, border: 50 } as const;
const fields: SkyMapConfig = {
  kind: "discrete",
  name: "fields",
  pixelScaleArcsec: 0.5,
  tractOverlapDeg: 0,
  patches,
  tracts: [
    { raDeg: 0, decDeg: 0, radiusDeg: 0.1 },
    { raDeg: 150, decDeg: 60, radiusDeg: 0.2 },
  ],
};
const pixels: SkyMapConfig = {
  kind: "healpix",
  name: "pixels",
  log2NSide: 4,
  pixelScaleArcsec: 10,
  tractOverlapDeg: 0.1,
  rotationDeg: 45,
  patches,
};

test("Rubin's rings: the fields of its first preview lie in the tracts it published", () => {
  const map = createSkyMap(rubin);
  assert.equal(map.tractCount, 18_938);
  const published: [number, number, number[]][] = [
    [6.02, -72.08, [453, 454]],
    [37.86, 6.98, [10_463, 10_464, 10_704, 10_705]],
    [40, -34.45, [4016, 4017, 4217, 4218]],
    [53.13, -28.1, [4848, 4849, 5062, 5063, 5064]],
    [59.1, -48.73, [2234, 2235, 2393, 2394]],
    [95, -25, [5305, 5306, 5525, 5526]],
    [106.23, -10.51, [7610, 7611, 7849, 7850]],
  ];
  for (const [raDeg, decDeg, tracts] of published) {
    const tract = map.findTract(raDeg, decDeg);
    assert.ok(tracts.includes(tract.id), `${raDeg} ${decDeg}: ${tract.id}`);
    assert.deepEqual([tract.patchCountX, tract.patchCountY, tract.bbox.width], [10, 10, 30_000]);
  }
  const outer = map.tract(5063).patch(0).outerBox;
  assert.deepEqual(outer, { x0: -200, y0: -200, width: 3400, height: 3400 });
});

test("Subaru's rings: COSMOS is tract 9813 of 9 × 9 patches", () => {
  const tract = createSkyMap(subaru).findTract(150.1, 2.2);
  assert.deepEqual([tract.id, tract.patchCountX, tract.patchCountY, tract.patchCount], [9813, 9, 9, 81]);
  const patch = tract.patch(40);
  assert.deepEqual([patch.cellX, patch.cellY], [4, 4]);
  assert.deepEqual(patch.outerBox, { x0: 15_900, y0: 15_900, width: 4200, height: 4200 });
  assert.deepEqual(tract.patch(0).outerBox, { x0: 0, y0: 0, width: 4100, height: 4100 });
});

test("every position is in its tract, in the tract's own area, and in the inner box of one patch", () => {
  const random = createRandom("sky map");
  for (const config of [rubin, subaru, pixels]) {
    const map = createSkyMap(config);
    for (let i = 0; i < 60; i++) {
      const raDeg = random.uniform() * 360;
      const decDeg = i === 0 ? 90 : i === 1 ? -89.99 : (Math.asin(2 * random.uniform() - 1) * 180) / Math.PI;
      const tract = map.findTract(raDeg, decDeg);
      const v = createUnitVector(raDeg, decDeg);
      assert.ok(
        tract.contains(raDeg, decDeg) && regionContains(tract.outerPolygon, v),
        `${config.name} ${raDeg} ${decDeg}`,
      );
      if (config.kind === "rings") assert.ok(regionContains(tract.innerRegion, v));
      const patch = tract.findPatch(raDeg, decDeg);
      const { x, y } = tract.wcs.skyToPixel(raDeg, decDeg);
      const inner = patch!.innerBox;
      assert.ok(x >= inner.x0 - 0.5 && x < inner.x0 + inner.width - 0.5 && y >= inner.y0 - 0.5);
      assert.ok(regionContains(patch!.region, v));
      assert.equal(patch!.index, patch!.cellY * tract.patchCountX + patch!.cellX);
      const found = map.findPatches(createCircle(raDeg, decDeg, 5));
      assert.ok(
        found.some(
          (entry) => entry.tract.id === tract.id && entry.patches.some((p) => p.index === patch!.index),
        ),
      );
    }
  }
});

test("a discrete map has the listed tracts, and nothing else", () => {
  const map = createSkyMap(fields);
  assert.deepEqual(
    [...map.tracts].map((tract) => tract.id),
    [0, 1],
  );
  const tract = map.findTract(149, 59);
  assert.equal(tract.id, 1);
  assert.equal(tract.findPatch(10, 10), undefined);
  assert.ok(regionContains(tract.innerRegion, createUnitVector(150, 60)));
  assert.deepEqual(
    map.findTracts(createCircle(150, 60, 60)).map(({ id }) => id),
    [1],
  );
  assert.deepEqual(map.findTracts(createCircle(200, 0, 3600)), []);
  const { x, y } = tract.wcs.skyToPixel(150, 60);
  assert.ok(Math.abs(x - (tract.bbox.width - 1) / 2) <= 1 && Math.abs(y - (tract.bbox.height - 1) / 2) <= 1);
});

// Hashes from Python: hashlib.sha1 of the class name and struct.pack of the configuration, as lsst.skymap does it.
test("the hash is that of the packed configuration, and JSON gives the same map", () => {
  const map = createSkyMap(rubin);
  const again = createSkyMap(JSON.parse(JSON.stringify(rubin)));
  assert.equal(map.hash.toHex(), "e2736e41244df00bbdb93aecac0ae4b2d19dda91");
  assert.deepEqual(again.hash, map.hash);
  assert.equal(createSkyMap(fields).hash.toHex(), "9d54a112ee7b5b01f7f189bd140ee6e025f0e19c");
  assert.equal(createSkyMap(pixels).hash.toHex(), "5a77422ae3ecdce9e68ac00a5ea28267d7919bfd");
});

test("configurations and ids out of range are refused, with the field", () => {
  const refused = (error: unknown): boolean => isAlmagestError(error, "SPHERE.SKYMAP_INVALID");
  const damaged = [
    { ...rubin, numRings: 0 },
    { ...rubin, pixelScaleArcsec: -1 },
    { ...rubin, name: "" },
    { ...fields, tracts: [] },
    { ...fields, tracts: [{ raDeg: 0, decDeg: 95, radiusDeg: 1 }] },
    { ...pixels, log2NSide: 40 },
    { ...fields, patches: { ...patches, innerWidth: 0.5 } },
  ] as SkyMapConfig[];
  for (const config of damaged) assert.throws(() => createSkyMap(config), refused, JSON.stringify(config));
  assert.throws(() => createSkyMap(rubin).tract(18_938), refused);
  assert.throws(() => createSkyMap(fields).tract(0).patch(-1), refused);
});
