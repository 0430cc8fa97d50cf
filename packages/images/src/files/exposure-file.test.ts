import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createRandom, isAlmagestError } from "@almagest/base";
import { createTanWcs } from "@almagest/sphere";
import { createBox } from "../box-algebra.ts";
import type { Exposure } from "../exposure.ts";
import { createMaskedImage } from "../planes/create-planes.ts";
import { cutImage, cutMask } from "../planes/cutout.ts";
import { createCoaddPsf } from "../psf/coadd-psf.ts";
import { createDoubleGaussianPsf, createGaussianPsf } from "../psf/gaussian-psf.ts";
import { createPixelGridPsf } from "../psf/pixel-grid-psf.ts";
import type { Psf } from "../psf.ts";
import { readExposure, readExposureComponent, readExposureComponents } from "./read-exposure.ts";
import { writeExposure } from "./write-exposure.ts";

const folder = await mkdtemp(join(tmpdir(), "almagest-images-"));
after(() => rm(folder, { recursive: true }));

const wcs = createTanWcs({
  crvalRaDeg: 150,
  crvalDecDeg: 2,
  crpixX: 120,
  crpixY: 210,
  cd: [-0.2 / 3600, 1e-7, 1e-7, 0.2 / 3600],
});
const bbox = createBox(100, 200, 40, 30);

function makePixelGrid(): Psf {
  const random = createRandom("psf");
  const basis = Float32Array.from({ length: 3 * 49 }, (_, i) => (i < 49 ? 1 : 0.1) * random.uniform());
  return createPixelGridPsf({ bbox, order: 1, size: 7, basis });
}

function makeExposure(psf: Psf, shared = false): Exposure {
  const random = createRandom("exposure");
  const planes = createMaskedImage(bbox, {}, { shared });
  planes.image.data.forEach((_, i) => {
    planes.image.data[i] = 100 + 5 * random.normal();
    planes.variance.data[i] = 25 + random.uniform();
    planes.mask.data[i] = random.integer(20) === 0 ? 0x80000101 : 0;
  });
  planes.image.data[7] = Number.NaN;
  return {
    ...planes,
    unit: "electron",
    psf,
    wcs,
    photoCalib: { nanojanskyPerUnit: 1 / 3, error: 0.01 },
    apertureCorrection: { bbox, coefficients: new Map([["psfFlux", [[1, 0.1], [0.2]]]]) },
    visitInfo: {
      instrument: "SimCam",
      exposureId: 2026010100012,
      midpointTaiNs: 1767225637123456789n,
      exposureSec: 30,
      darkSec: 31,
      boresightRaDeg: 150,
      boresightDecDeg: 2,
      rotatorDeg: 0,
      airmass: Number.NaN,
      observationType: "science",
      object: "field 7",
    },
    filter: { band: "r", physical: "r_03" },
    detector: { id: 4, name: "R22_S11" },
    validPolygon: [
      [100, 200],
      [139, 200],
      [139, 229],
    ],
    metadata: {
      OBSERVER: "Tycho",
      LONGKEYWORD: 1.5,
      CRPIX1: 12,
      ñ: "not a card",
      ODD: Number.POSITIVE_INFINITY,
    },
  };
}

function assertSame(read: Exposure, written: Exposure): void {
  assert.deepEqual(new Uint8Array(read.image.data.buffer), new Uint8Array(written.image.data.slice().buffer));
  assert.deepEqual(read.variance.data, written.variance.data.slice());
  assert.deepEqual(read.mask.data, written.mask.data.slice());
  assert.deepEqual(read.mask.planes, written.mask.planes);
  for (const key of [
    "bbox",
    "unit",
    "photoCalib",
    "apertureCorrection",
    "visitInfo",
    "filter",
    "detector",
  ] as const) {
    assert.deepEqual(read[key], written[key], key);
  }
  assert.deepEqual(read.validPolygon, written.validPolygon);
  assert.deepEqual(read.metadata, written.metadata);
  assert.deepEqual(read.psf!.imageAt(110.3, 210.4), written.psf!.imageAt(110.3, 210.4));
  const there = read.wcs!.pixelToSky(123.4, 217.8);
  const back = written.wcs!.skyToPixel(there.raDeg, there.decDeg);
  assert.ok(Math.hypot(back.x - 123.4, back.y - 217.8) < 1e-8);
}

const psfs: [string, Psf][] = [
  ["gaussian", createGaussianPsf(1.5)],
  ["double Gaussian", createDoubleGaussianPsf(1.5, 3, 0.1)],
  ["pixel grid", makePixelGrid()],
  [
    "coadd",
    createCoaddPsf(
      [
        { psf: makePixelGrid(), wcs, bbox, weight: 2 },
        {
          psf: makePixelGrid(),
          wcs,
          bbox,
          weight: 1,
          validPolygon: [
            [90, 190],
            [150, 190],
            [150, 240],
            [90, 240],
          ],
        },
        { psf: createGaussianPsf(2), wcs, bbox, weight: 1 },
      ],
      wcs,
      { size: 21 },
    ),
  ],
];

for (const [name, psf] of psfs) {
  test(`an exposure with a ${name} PSF comes back from its file as it was`, async () => {
    const path = join(folder, "exposure.fits");
    const written = makeExposure(psf, true);
    await writeExposure(path, written);
    assertSame(await readExposure(path), written);
  });
}

test("lossless compression keeps every bit, and a lossy file is within the noise", async () => {
  const written = makeExposure(makePixelGrid());
  await writeExposure(join(folder, "lossless.fits"), written, { compress: "lossless", checksum: true });
  assertSame(await readExposure(join(folder, "lossless.fits")), written);
  await writeExposure(join(folder, "lossy.fits"), written, { compress: "lossy" });
  const lossy = await readExposure(join(folder, "lossy.fits"));
  assert.deepEqual(lossy.mask.data, written.mask.data);
  lossy.image.data.forEach((value, i) => {
    const truth = written.image.data[i]!;
    assert.ok(
      Number.isNaN(truth) ? Number.isNaN(value) : Math.abs(value - truth) < 0.5,
      `${i}: ${value} ${truth}`,
    );
  });
});

test("a cutout and single parts are read without the rest", async () => {
  const path = join(folder, "parts.fits");
  const written = makeExposure(makePixelGrid());
  await writeExposure(path, written);
  const part = createBox(110, 205, 9, 7);
  const cut = await readExposure(path, { bbox: part });
  assert.deepEqual(cut.bbox, part);
  assert.deepEqual(cut.image, cutImage(written.image, part));
  assert.deepEqual(cut.mask, cutMask(written.mask, part));
  assert.deepEqual(await readExposureComponent(path, "bbox"), bbox);
  const some = await readExposureComponents(path, ["filter", "photoCalib"]);
  assert.deepEqual(some, { filter: written.filter, photoCalib: written.photoCalib });
  await assert.rejects(readExposure(path, { bbox: createBox(0, 0, 5, 5) }), (error) =>
    isAlmagestError(error, "IMAGES.BOX_OUTSIDE"),
  );
});

test("the same exposure gives the same bytes", async () => {
  await writeExposure(join(folder, "a.fits"), makeExposure(makePixelGrid()), { compress: "lossy" });
  await writeExposure(join(folder, "b.fits"), makeExposure(makePixelGrid(), true), { compress: "lossy" });
  assert.deepEqual(await readFile(join(folder, "a.fits")), await readFile(join(folder, "b.fits")));
});

test("a PSF of a kind unknown to files is refused by name", async () => {
  const psf: Psf = { ...createGaussianPsf(1), kind: "moon" };
  await assert.rejects(writeExposure(join(folder, "moon.fits"), makeExposure(psf)), (error) =>
    isAlmagestError(error, "IMAGES.PSF_KIND_UNKNOWN"),
  );
});
