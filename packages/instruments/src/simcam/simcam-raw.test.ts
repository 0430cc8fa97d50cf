import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isoToTaiNs } from "@almagest/sphere";
import { createDetectorWcs } from "../camera-wcs.ts";
import { readFileHeaders } from "../file-headers.ts";
import { detectInstrument } from "../instruments.ts";
import { createSimCamCamera } from "./simcam-camera.ts";
import type { SimCamExposure } from "./simcam-header.ts";
import { DEFAULT_SIMCAM_OPTIONS } from "./simcam-options.ts";
import { writeSimCamRaw } from "./simcam-raw.ts";

const options = { ...DEFAULT_SIMCAM_OPTIONS, width: 128, height: 96, columns: 3, seed: 7 };
const camera = createSimCamCamera(options);
const pointing = { raDeg: 150.1, decDeg: 2.2, rotatorDeg: 12.5 };

function exposureOf(detectorId: number): SimCamExposure {
  return {
    dayObs: 20260115,
    seqNum: 42,
    type: "OBJECT",
    group: "2026-01-16T02:03:04.000",
    beginTaiNs: isoToTaiNs("2026-01-16T02:03:04.567", "tai"),
    exposureSec: 30,
    darkSec: 31,
    band: "r",
    physicalFilter: "r_sim",
    object: "field",
    reason: "science",
    pointing: { ...pointing, airmass: 1.2, azimuthDeg: 100, elevationDeg: 56 },
    wcs: createDetectorWcs(camera, camera.detectors[detectorId]!, pointing),
  };
}

test("a raw file tells its camera, its exposure and its pixels again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "simcam-"));
  try {
    const detector = camera.detectors[4]!;
    const path = join(folder, "raw.fits");
    const segments = detector.amplifiers.map((amplifier, index) => {
      const pixels = new Uint16Array(amplifier.rawBox.width * amplifier.rawBox.height);
      for (let i = 0; i < pixels.length; i++) pixels[i] = (i * 31 + index * 4099) & 0xffff;
      return pixels;
    });
    await writeSimCamRaw(path, options, detector, exposureOf(4), segments);

    const instrument = await detectInstrument([path]);
    assert.deepEqual(instrument.camera, camera);
    const [info] = instrument.observationInfos(await readFileHeaders(path));
    assert.equal(info?.exposureId, 2026011500042);
    assert.equal(info?.detectorName, "R00_S11");
    assert.equal(info?.detectorId, 4);
    assert.equal(info?.observationType, "science");
    assert.equal(info?.band, "r");
    assert.equal(info?.hasSimulatedContent, true);
    assert.equal(info?.beginTaiNs, isoToTaiNs("2026-01-16T02:03:04.567", "tai"));
    assert.equal(info?.endTaiNs, isoToTaiNs("2026-01-16T02:03:34.567", "tai"));

    const raw = await instrument.readRaw(path);
    assert.deepEqual(raw.detector, detector);
    raw.amplifiers.forEach((amplifier, index) => {
      assert.deepEqual(amplifier.data, segments[index]);
      assert.equal(amplifier.width, detector.amplifiers[index]!.rawBox.width);
    });
    const expected = createDetectorWcs(camera, detector, pointing).pixelToSky(60, 70);
    const found = raw.wcs!.pixelToSky(60, 70);
    assert.ok(Math.hypot(found.raDeg - expected.raDeg, found.decDeg - expected.decDeg) * 3600 < 1e-6);
  } finally {
    await rm(folder, { recursive: true });
  }
});
