import assert from "node:assert/strict";
import { existsSync, globSync } from "node:fs";
import { basename, join } from "node:path";
import { type TestContext, test } from "node:test";
import { maskBits } from "@almagest/images";
import type { FrameInfo } from "./frame-info.ts";
import { createGenericInstrument, createGenericInstruments } from "./generic-instrument.ts";
import { inspectFrames } from "./inspect-frames.ts";
import { readRawFrame } from "./read-raw-frame.ts";
import { readReducedFrame } from "./read-reduced-frame.ts";

const data = join(import.meta.dirname, "../../../../../shared/data");

async function inspectFolder(
  t: TestContext,
  folder: string,
  pattern = "**/*.gz",
): Promise<FrameInfo[] | undefined> {
  if (!existsSync(join(data, folder))) {
    t.skip(`needs shared/data/${folder}`);
    return undefined;
  }
  const paths = globSync(join(data, folder, pattern)).filter((path) => !path.endsWith(".txt.gz"));
  return inspectFrames(paths.toSorted());
}

const kinds = (frames: readonly FrameInfo[]): Record<string, string> =>
  Object.fromEntries(frames.map((frame) => [basename(frame.path), frame.kind]));

test("a night of an amateur camera: biases, darks, flats and pictures", async (t) => {
  const frames = await inspectFolder(t, "raw_umd_1998UB17");
  if (frames === undefined) return;
  assert.deepEqual(kinds(frames), {
    "UB17-001-c.fit.gz": "science",
    "UB17-033-c.fit.gz": "science",
    "calib-001-bi.fit.gz": "bias",
    "calib-001-d.fit.gz": "dark",
    "calib-002-bi.fit.gz": "bias",
    "calib-002-d.fit.gz": "dark",
    "flat-001-c.fit.gz": "flat",
    "flat-002-c.fit.gz": "flat",
  });
  const instrument = createGenericInstrument(frames);
  assert.equal(instrument.name, "SBIG-ST-8-3-CCD-Camera");
  assert.equal(instrument.camera.detectors.length, 1);
  assert.equal(new Set(instrument.frames.map(({ info }) => info.exposureId)).size, 8);
  assert.ok(instrument.frames.every(({ info }) => info.dayObs === 20250624));
  const raw = await instrument.readRaw(frames.find((frame) => frame.kind === "flat")!.path);
  const [amplifier] = raw.amplifiers;
  assert.equal(amplifier!.width * amplifier!.height, 1530 * 1020);
  assert.ok(Math.abs(raw.detector.amplifiers[0]!.gain - 2.6) < 1e-6);
  // Stored with BZERO 32768: unsigned, flats far above zero.
  const mean = Float64Array.from(amplifier!.data).reduce((sum, value) => sum + value, 0) / (1530 * 1020);
  assert.ok(mean > 5000 && mean < 65_535, `mean ${mean}`);
  assert.ok(frames[0]!.notes.some((note) => note.includes("does not tell where the telescope pointed")));
});

test("a Sinistro frame: four amplifiers join without steps", async (t) => {
  const frames = await inspectFolder(t, "raw_lco_sinistro");
  if (frames === undefined) return;
  const [frame] = frames;
  assert.equal(frame!.kind, "science");
  assert.equal(frame!.width, 1024);
  assert.deepEqual(
    frame!.amplifiers.map(({ gain }) => gain),
    [6.42, 6.23, 6.27, 6.26],
  );
  assert.ok(Math.abs(frame!.pixelScaleArcsec! - 0.778) < 1e-3);
  const raw = await readRawFrame(frame!);
  assert.equal(raw.detector.crosstalk[0]![1], 0.00064);
  const levels = raw.detector.amplifiers.map((amplifier, index) => {
    const { data: pixels, width } = raw.amplifiers[index]!;
    const median = ({ x0, y0, width: w, height: h }: typeof amplifier.rawBox): number => {
      const values: number[] = [];
      for (let y = y0; y < y0 + h; y++) for (let x = x0; x < x0 + w; x++) values.push(pixels[y * width + x]!);
      return values.sort((a, b) => a - b)[values.length >> 1]!;
    };
    return (median(amplifier.rawDataBox) - median(amplifier.rawSerialOverscanBox)) * amplifier.gain;
  });
  const mean = levels.reduce((sum, level) => sum + level, 0) / 4;
  for (const level of levels) assert.ok(Math.abs(level / mean - 1) < 0.015, `levels ${levels}`);
  // The quadrants tile the detector, each read from its own corner.
  const places = raw.detector.amplifiers.map(({ bbox, flipX, flipY }) => [bbox.x0, bbox.y0, flipX, flipY]);
  assert.deepEqual(places, [
    [0, 512, false, true],
    [0, 0, false, false],
    [512, 0, true, false],
    [512, 512, true, true],
  ]);
});

test("SDSS frames: reduced images with soft bias, masks in spans, catalogues", async (t) => {
  const frames = await inspectFolder(t, "sdss_s82_pair");
  if (frames === undefined) return;
  const found = kinds(frames);
  for (const [name, kind] of Object.entries(found)) {
    const expected = name.startsWith("fpC") ? "reduced" : name.startsWith("fpM") ? "mask" : "catalogue";
    assert.equal(kind, expected, name);
  }
  const image = frames.find((frame) => frame.path.includes("fpC-004192-g4"))!;
  assert.equal(image.instrument, "SDSS-2-5m");
  assert.equal(image.filter.band, "g");
  assert.ok(image.companions.mask?.path.includes("fpM-004192-g4-0300"));
  const exposure = await readReducedFrame(image);
  const sky = Float32Array.from(exposure.image.data).sort()[exposure.image.data.length >> 1]!;
  // The header's own estimate is 95.4 DN after the soft bias of 1000 is taken away.
  assert.ok(Math.abs(sky - 95.4) < 2, `sky ${sky}`);
  const gain = Number(exposure.metadata.ALMGAIN);
  assert.ok(gain > 3 && gain < 5, `gain ${gain}`);
  const marked = (name: string): number => {
    const bits = maskBits([name]);
    return exposure.mask.data.reduce((sum, value) => sum + ((value & bits) === 0 ? 0 : 1), 0);
  };
  assert.ok(marked("INTRP") > 5000 && marked("CR") > 200 && marked("SAT") > 50);
  const { raDeg, decDeg } = exposure.wcs!.pixelToSky(1023.5, 743.5);
  assert.ok(Math.abs(raDeg - 351.64839634) < 1e-7 && Math.abs(decDeg - 0.1036482) < 1e-7);
});

test("DECam Community Pipeline cut-outs find their masks and weights", async (t) => {
  const frames = await inspectFolder(t, "decam_cp_multiepoch");
  if (frames === undefined) return;
  for (const frame of frames) {
    const name = basename(frame.path);
    const expected = /_ooi_.*psfex|chunk|survey/.test(name)
      ? "catalogue"
      : name.includes("_ooi_")
        ? "reduced"
        : name.includes("_ood_")
          ? "mask"
          : "weight";
    assert.equal(frame.kind, expected, name);
    if (frame.kind !== "reduced") continue;
    assert.equal(frame.instrument, "DECam");
    assert.ok(basename(frame.companions.mask!.path) === name.replace("_ooi_", "_ood_"));
    assert.ok(basename(frame.companions.weight!.path) === name.replace("_ooi_", "_oow_"));
    const exposure = await readReducedFrame(frame);
    const good = exposure.mask.data.indexOf(0);
    assert.ok(good >= 0);
    // The weights' noise and that of the pixels agree.
    const sigma = Math.sqrt(exposure.variance.data[good]!);
    const measured = Number(exposure.metadata.ALMSKYSD);
    assert.ok(sigma > 0.5 * measured && sigma < 2 * measured, `${name}: ${sigma} against ${measured}`);
    assert.ok(Math.abs(exposure.wcs!.pixelScaleArcsec(50, 50) - 0.263) < 0.002);
  }
  const [instrument] = createGenericInstruments(frames);
  assert.deepEqual(
    instrument!.camera.detectors.map(({ name }) => name),
    ["S4", "S9"],
  );
});

test("DECam stamps, a GMOS spectrum and an EMMI frame are reduced, and say what they lack", async (t) => {
  const stamps = await inspectFolder(t, "decam_sn_10epochs");
  const gmos = await inspectFolder(t, "cosmic_rays_gmos");
  const emmi = await inspectFolder(t, "sep_emmi");
  if (stamps === undefined || gmos === undefined || emmi === undefined) return;
  assert.equal(stamps.length, 10);
  assert.ok(
    stamps.every((frame) => frame.kind === "reduced" && frame.wcs !== undefined && frame.filter.band === "i"),
  );
  assert.equal(gmos[0]!.kind, "reduced");
  assert.ok(gmos[0]!.notes.some((note) => note.includes("spectrum")));
  assert.equal(gmos[0]!.unit, "electron");
  const exposure = await readReducedFrame(gmos[0]!);
  assert.ok(exposure.variance.data.every((value) => value > 0));
  assert.equal(emmi[0]!.kind, "reduced");
  assert.equal(emmi[0]!.filter.band, "R");
  assert.equal(emmi[0]!.gain, 2.1);
  assert.ok(emmi[0]!.notes.some((note) => note.includes("BSCALE")));
});
