import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { createBox } from "../box-algebra.ts";
import { apertureCorrectionAt } from "./aperture-correction.ts";
import {
  abMagFromNanojansky,
  calibrateFlux,
  magErrorFromFlux,
  nanojanskyFromAbMag,
  photoCalibFromZeroPoint,
  zeroPointMag,
} from "./photo-calib.ts";

test("fluxes, magnitudes and zero points agree with each other", () => {
  assert.equal(abMagFromNanojansky(1), 31.4);
  assert.ok(Math.abs(nanojanskyFromAbMag(abMagFromNanojansky(123.4)) - 123.4) < 1e-9);
  assert.ok(Number.isNaN(abMagFromNanojansky(-1)));
  const calib = photoCalibFromZeroPoint(27, 0.01);
  assert.ok(Math.abs(zeroPointMag(calib) - 27) < 1e-12);
  assert.ok(Math.abs(magErrorFromFlux(calib.nanojanskyPerUnit, calib.error) - 0.01) < 1e-12);
  const plain = calibrateFlux(calib, 100, 3);
  assert.ok(Math.abs(abMagFromNanojansky(plain.flux) - 22) < 1e-12);
  assert.ok(Math.abs(plain.fluxErr / plain.flux - 0.03) < 1e-12);
  assert.ok(calibrateFlux(calib, 100, 3, true).fluxErr > plain.fluxErr);
});

test("an aperture correction is its Chebyshev series, and unknown fluxes are refused", () => {
  const correction = {
    bbox: createBox(0, 0, 101, 101),
    coefficients: new Map([["psfFlux", [[1, 0.1], [0.02]]]]),
  };
  assert.ok(Math.abs(apertureCorrectionAt(correction, "psfFlux", 100, 0) - 1.08) < 1e-12);
  assert.ok(Math.abs(apertureCorrectionAt(correction, "psfFlux", 50, 50) - 1) < 1e-12);
  assert.throws(
    () => apertureCorrectionAt(correction, "kronFlux", 0, 0),
    (error) => isAlmagestError(error, "IMAGES.APERTURE_CORRECTION_UNKNOWN"),
  );
});
