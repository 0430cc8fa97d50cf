import assert from "node:assert/strict";
import { test } from "node:test";
import type { Camera, Detector } from "@almagest/images";
import { angularSeparationArcsec } from "@almagest/sphere";
import fc from "fast-check";
import { createDetectorWcs } from "./camera-wcs.ts";

const detectorAt = (centerXMm: number, centerYMm: number, rotationDeg: number): Detector => ({
  id: 0,
  name: "0",
  serial: "",
  bbox: { x0: 0, y0: 0, width: 4000, height: 4100 },
  amplifiers: [],
  crosstalk: [],
  centerXMm,
  centerYMm,
  rotationDeg,
  pixelSizeMm: 0.01,
});

const cameraOf = (distortion: number[]): Camera => ({
  name: "test",
  detectors: [],
  plateScaleArcsecPerMm: 20,
  distortion,
});

test("+y lies at the position angle, and +x at 90° from it towards the west of north", () => {
  const wcs = createDetectorWcs(cameraOf([]), detectorAt(0, 0, 0), { raDeg: 40, decDeg: 0, rotatorDeg: 30 });
  const at = (x: number, y: number) => wcs.pixelToSky(1999.5 + x, 2049.5 + y);
  const up = at(0, 100);
  const right = at(100, 0);
  assert.ok(Math.abs((up.raDeg - 40) * 3600 - 20 * Math.sin(Math.PI / 6)) < 1e-4);
  assert.ok(Math.abs(up.decDeg * 3600 - 20 * Math.cos(Math.PI / 6)) < 1e-4);
  assert.ok(Math.abs((right.raDeg - 40) * 3600 + 20 * Math.cos(Math.PI / 6)) < 1e-4);
  assert.ok(Math.abs(right.decDeg * 3600 - 20 * Math.sin(Math.PI / 6)) < 1e-4);
});

test("the field angle follows the camera's radial law wherever a detector stands and however it is turned", () => {
  const scale = ((20 / 3600) * Math.PI) / 180;
  fc.assert(
    fc.property(
      fc.double({ min: -100, max: 100, noNaN: true }),
      fc.double({ min: -100, max: 100, noNaN: true }),
      fc.integer({ min: 0, max: 359 }),
      fc.double({ min: 0, max: 3999, noNaN: true }),
      fc.double({ min: 0, max: 4099, noNaN: true }),
      (cx, cy, rotation, x, y) => {
        const k1 = 3e-7;
        const detector = detectorAt(cx, cy, rotation);
        const wcs = createDetectorWcs(cameraOf([k1]), detector, { raDeg: 150, decDeg: 2, rotatorDeg: 77 });
        const turn = (rotation * Math.PI) / 180;
        const dx = (x - 1999.5) * 0.01;
        const dy = (y - 2049.5) * 0.01;
        const r = Math.hypot(
          cx + dx * Math.cos(turn) - dy * Math.sin(turn),
          cy + dx * Math.sin(turn) + dy * Math.cos(turn),
        );
        const expectedArcsec = ((scale * r * (1 + k1 * r * r)) / Math.PI) * 180 * 3600;
        const { raDeg, decDeg } = wcs.pixelToSky(x, y);
        assert.ok(Math.abs(angularSeparationArcsec(150, 2, raDeg, decDeg) - expectedArcsec) < 1e-4);
        const back = wcs.skyToPixel(raDeg, decDeg);
        assert.ok(Math.hypot(back.x - x, back.y - y) < 1e-7);
      },
    ),
    { numRuns: 200, seed: 1 },
  );
});

test("a turned detector shows the sky turned", () => {
  const straight = createDetectorWcs(cameraOf([]), detectorAt(0, 0, 0), {
    raDeg: 10,
    decDeg: 20,
    rotatorDeg: 90,
  });
  const turned = createDetectorWcs(cameraOf([]), detectorAt(0, 0, 90), {
    raDeg: 10,
    decDeg: 20,
    rotatorDeg: 0,
  });
  const a = straight.pixelToSky(100, 200);
  const b = turned.pixelToSky(100, 200);
  assert.ok(angularSeparationArcsec(a.raDeg, a.decDeg, b.raDeg, b.decDeg) < 1e-6);
});
