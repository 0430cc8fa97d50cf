import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom, isAlmagestError } from "@almagest/base";
import { createTanWcs, type SkyWcs } from "@almagest/sphere";
import { createBox } from "../box-algebra.ts";
import type { Psf, PsfStamp } from "../psf.ts";
import { adaptiveMoments } from "./adaptive-moments.ts";
import { createCoaddPsf } from "./coadd-psf.ts";
import { createDoubleGaussianPsf, createGaussianPsf } from "./gaussian-psf.ts";
import { createPixelGridPsf } from "./pixel-grid-psf.ts";

const bbox = createBox(0, 0, 1000, 800);

function sumOf({ data }: PsfStamp): number {
  return data.reduce((a, b) => a + b, 0);
}

/** Elliptical Gaussian stamp with the given moments, centred at (dx, dy) from its middle. */
function drawGaussian(size: number, xx: number, yy: number, xy: number, dx = 0, dy = 0): PsfStamp {
  const det = xx * yy - xy * xy;
  const half = size >> 1;
  const data = Float32Array.from({ length: size * size }, (_, i) => {
    const x = (i % size) - half - dx;
    const y = Math.floor(i / size) - half - dy;
    return (
      Math.exp((-0.5 * (yy * x * x + xx * y * y - 2 * xy * x * y)) / det) / (2 * Math.PI * Math.sqrt(det))
    );
  });
  return { size, data };
}

function makePixelGrid(): Psf {
  const size = 25;
  const constant = drawGaussian(size, 3, 2.5, 0.2).data;
  const wider = drawGaussian(size, 5, 4, 0).data.map((value, i) => 0.3 * (value - constant[i]!));
  const basis = new Float32Array(3 * size * size);
  basis.set(constant);
  basis.set(wider, size * size);
  return createPixelGridPsf({ bbox, order: 1, size, basis });
}

test("adaptive moments are those of the Gaussian, elongated and off centre too", () => {
  const found = adaptiveMoments(drawGaussian(41, 6, 3, 1.2, 0.3, -0.4));
  assert.ok(found.converged);
  for (const [value, truth] of [
    [found.xx, 6],
    [found.yy, 3],
    [found.xy, 1.2],
    [found.x, 0.3],
    [found.y, -0.4],
    [found.sigma, (18 - 1.44) ** 0.25],
  ] as const) {
    assert.ok(Math.abs(value - truth) < 1e-4, `${value} ${truth}`);
  }
});

test("adaptive moments of noise do not pretend to converge", () => {
  const random = createRandom("noise");
  const stamp = { size: 15, data: Float32Array.from({ length: 225 }, () => random.normal() - 0.5) };
  assert.equal(adaptiveMoments(stamp).converged, false);
});

const kinds: [string, Psf][] = [
  ["Gaussian", createGaussianPsf(1.7)],
  ["double Gaussian", createDoubleGaussianPsf(1.7, 3.4, 0.1)],
  ["pixel grid", makePixelGrid()],
];

for (const [name, psf] of kinds) {
  test(`a ${name} PSF sums to 1, is centred, and moves by the sub-pixel phase`, () => {
    const kernel = psf.kernelAt(400, 300);
    assert.ok(Math.abs(sumOf(kernel) - 1) < 1e-5);
    const at = adaptiveMoments(kernel);
    assert.ok(Math.hypot(at.x, at.y) < 1e-3);
    assert.ok(Math.abs(psf.sigmaAt(400, 300) - at.sigma) < 1e-3);
    const moved = psf.imageAt(400.35, 299.8);
    assert.ok(Math.abs(sumOf(moved) - 1) < 1e-5);
    const shifted = adaptiveMoments(moved);
    assert.ok(Math.hypot(shifted.x - 0.35, shifted.y + 0.2) < 3e-3, `${shifted.x} ${shifted.y}`);
    assert.ok(Math.abs(shifted.sigma / at.sigma - 1) < 3e-3);
  });
}

test("a pixel-grid PSF varies over its box and refuses numbers that do not fit", () => {
  const psf = makePixelGrid();
  assert.ok(psf.sigmaAt(999, 400) > psf.sigmaAt(0, 400) * 1.05);
  assert.throws(
    () => createPixelGridPsf({ bbox, order: 1, size: 5, basis: new Float32Array(25) }),
    (error) => isAlmagestError(error, "IMAGES.PSF_INVALID"),
  );
});

/** A WCS about one field centre with its own pixel scale and rotation. */
function makeWcs(scaleArcsec: number, angle: number): SkyWcs {
  const s = scaleArcsec / 3600;
  return createTanWcs({
    crvalRaDeg: 10,
    crvalDecDeg: -30,
    crpixX: 500,
    crpixY: 400,
    cd: [-s * Math.cos(angle), s * Math.sin(angle), s * Math.sin(angle), s * Math.cos(angle)],
  });
}

test("a coadd's PSF is the weighted sum of its inputs', seen through both WCS", () => {
  const wcs = makeWcs(0.2, 0);
  const psf = createCoaddPsf(
    [
      { psf: createGaussianPsf(2), wcs: makeWcs(0.2, 0.7), bbox: createBox(0, 0, 520, 800), weight: 1 },
      { psf: createGaussianPsf(2), wcs: makeWcs(0.4, 0), bbox: createBox(0, 0, 1000, 800), weight: 3 },
    ],
    wcs,
  );
  // The second input's pixels are twice as large, so there the star has 4 coadd pixels of sigma.
  assert.ok(Math.abs(psf.sigmaAt(900, 400) / 4 - 1) < 0.01, `${psf.sigmaAt(900, 400)}`);
  const both = psf.kernelAt(450, 400);
  assert.ok(Math.abs(sumOf(both) - 1) < 1e-5);
  const centre = (both.size * both.size) >> 1;
  const expected = (0.25 / 4 + 0.75 / 16) / (2 * Math.PI);
  assert.ok(Math.abs(both.data[centre]! / expected - 1) < 0.02, `${both.data[centre]! / expected}`);
  assert.throws(
    () => psf.kernelAt(9000, 9000),
    (error) => isAlmagestError(error, "IMAGES.PSF_OUTSIDE"),
  );
});
