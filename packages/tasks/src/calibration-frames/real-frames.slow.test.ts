import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openFits } from "@almagest/fits";
import type { Exposure, RawAmplifier, RawExposure } from "@almagest/images";
import { isrConfig } from "../isr/isr-config.ts";
import { type IsrCalibrations, removeInstrumentSignature } from "../isr/remove-instrument-signature.ts";
import { syntheticVisitInfo } from "../isr/synthetic-raw.ts";
import { createMemoryHandle } from "../memory-handle.ts";
import { combineBiases } from "./combine-biases.ts";
import { combineConfig, darkCombineConfig, defectConfig, flatCombineConfig } from "./combine-config.ts";
import { combineDarks } from "./combine-darks.ts";
import { combineFlats } from "./combine-flats.ts";
import { findDefects } from "./find-defects.ts";

const folder = join(import.meta.dirname, "../../../../../shared/data/raw_umd_1998UB17");
/** Electrons per ADU by the frames' headers. */
const GAIN = 2.6;

async function readFrame(name: string): Promise<RawExposure> {
  await using file = await openFits(join(folder, name));
  const { data, shape } = await file.hdu(0).readImage();
  const [width, height] = shape as [number, number];
  const darkSec = file.hdu(0).header.getNumber("EXPTIME") ?? 0;
  const bbox = { x0: 0, y0: 0, width, height };
  const none = { x0: 0, y0: 0, width: 0, height: 0 };
  const amplifier = {
    name: "A",
    bbox,
    rawBox: bbox,
    rawDataBox: bbox,
    rawPrescanBox: none,
    rawSerialOverscanBox: none,
    rawParallelOverscanBox: none,
    flipX: false,
    flipY: false,
    gain: GAIN,
    readNoise: 0,
    saturationAdu: 60_000,
  };
  return {
    detector: {
      id: 0,
      name: "ST8",
      serial: "",
      bbox,
      amplifiers: [amplifier],
      crosstalk: [],
      centerXMm: 0,
      centerYMm: 0,
      rotationDeg: 0,
      pixelSizeMm: 0.009,
    },
    amplifiers: [{ name: "A", width, height, data: data as RawAmplifier["data"] }],
    visitInfo: { ...syntheticVisitInfo, exposureSec: darkSec, darkSec },
    metadata: {},
  };
}

async function process(name: string, calibrations: IsrCalibrations): Promise<Exposure> {
  const config = isrConfig.parse({
    doBias: calibrations.bias !== undefined,
    doDark: calibrations.dark !== undefined,
    doFlat: calibrations.flat !== undefined,
    doDefect: calibrations.defects !== undefined,
    doCosmicRay: calibrations.flat !== undefined,
    doInterpolate: calibrations.flat !== undefined,
  });
  return removeInstrumentSignature(await readFrame(name), calibrations, config).exposure;
}

test("a real night's bias, dark and flat pairs give its read noise, gain and defects", async (t) => {
  if (!existsSync(folder)) return t.skip("needs shared/data/raw_umd_1998UB17: calibration frames");
  const handles = (exposures: Exposure[]) => exposures.map((exposure) => createMemoryHandle(exposure));
  const each = (names: string[], calibrations: IsrCalibrations) =>
    Promise.all(names.map((name) => process(name, calibrations)));

  const biases = await each(["calib-001-bi.fit.gz", "calib-002-bi.fit.gz"], {});
  const bias = await combineBiases(handles(biases), combineConfig.parse({}));
  assert.ok(Math.abs(Number(bias.metrics["readNoiseElectrons.A"]) / GAIN - 6.3) < 0.1);

  const darks = await each(["calib-001-d.fit.gz", "calib-002-d.fit.gz"], { bias: bias.exposure });
  const dark = await combineDarks(handles(darks), darkCombineConfig.parse({}));
  const flats = await each(["flat-001-c.fit.gz", "flat-002-c.fit.gz"], {
    bias: bias.exposure,
    dark: dark.exposure,
  });
  const flat = await combineFlats(handles(flats), flatCombineConfig.parse({}));
  assert.ok(Math.abs(Number(flat.metrics["gain.A"]) - 2.65) < 0.05, String(flat.metrics["gain.A"]));

  const defects = findDefects({ dark: dark.exposure, flats: [flat.exposure] }, defectConfig.parse({}));
  const pixels = defects.reduce((sum, box) => sum + box.width * box.height, 0);
  assert.ok(pixels > 100 && pixels < 0.01 * 1530 * 1020, String(pixels));

  const calibrations = { bias: bias.exposure, dark: dark.exposure, flat: flat.exposure, defects };
  const science = await process("UB17-033-c.fit.gz", calibrations);
  // The read noise of the bias frames stands in: camera and overscan do not know it.
  const least = science.variance.data.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  assert.ok(least > 16 ** 2);
  assert.equal(science.image.data.filter(Number.isNaN).length, 0);
});
