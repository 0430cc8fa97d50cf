import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type CardSpec, writeFits } from "@almagest/fits";
import type { FrameInfo } from "./frame-info.ts";
import { createGenericInstrument } from "./generic-instrument.ts";
import { inspectFrames } from "./inspect-frames.ts";
import { readRawFrame } from "./read-raw-frame.ts";
import { readReducedFrame } from "./read-reduced-frame.ts";

const folder = await mkdtemp(join(tmpdir(), "frames-"));
after(() => rm(folder, { recursive: true }));

async function writeFrame(
  name: string,
  cards: readonly CardSpec[],
  data: Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>,
): Promise<string> {
  const path = join(folder, name);
  await writeFits(path, [{ kind: "image", header: cards, data, shape: [20, data.length / 20] }]);
  return path;
}

const raw = (): Uint16Array<ArrayBuffer> => new Uint16Array(200).fill(1000);
const inspectOne = async (path: string): Promise<FrameInfo> => (await inspectFrames([path]))[0]!;

const KINDS: readonly (readonly [name: string, cards: readonly CardSpec[], kind: string])[] = [
  ["a.fits", [["IMAGETYP", "zero"]], "bias"],
  ["b.fits", [["OBSTYPE", "DARK"]], "dark"],
  ["c.fits", [["ESO DPR TYPE", "FLAT,SKY"]], "flat"],
  [
    "d.fits",
    [
      ["IMAGETYP", "dome flat"],
      ["FILTER", "V"],
    ],
    "flat",
  ],
  [
    "e.fits",
    [
      ["OBJECT", "NGC 1234"],
      ["EXPTIME", 60],
    ],
    "science",
  ],
  ["masterless_bias_003.fits", [["EXPTIME", 0]], "bias"],
  ["f.fits", [["EXPTIME", 0]], "bias"],
  ["g.fits", [["IMAGETYP", "FOCUS"]], "unknown"],
  [
    "h.fits",
    [
      ["IMAGETYP", "object"],
      ["FLATCOR", "flat.fits"],
    ],
    "reduced",
  ],
  [
    "i.fits",
    [
      ["IMAGETYP", "flat"],
      ["ZEROCOR", "zero.fits"],
    ],
    "unknown",
  ],
  [
    "j.fits",
    [
      ["FRAME", "FK5"],
      ["OBSTYPE", "OBJECT"],
    ],
    "science",
  ],
];

for (const [name, cards, kind] of KINDS) {
  test(`16-bit ${name} with ${JSON.stringify(cards)} is ${kind}`, async () => {
    assert.equal((await inspectOne(await writeFrame(name, cards, raw()))).kind, kind);
  });
}

test("overscan sections become an amplifier, and the WCS moves with the imaging pixels", async () => {
  const path = await writeFrame(
    "overscan.fits",
    [
      ["OBSTYPE", "object"],
      ["DATASEC", "[3:16,1:9]"],
      ["BIASSEC", "[17:20,1:10]"],
      ["GAIN", 1.7],
      ["RDNOISE", 4.5],
      ["CTYPE1", "RA---TAN"],
      ["CTYPE2", "DEC--TAN"],
      ["CRVAL1", 10],
      ["CRVAL2", 20],
      ["CRPIX1", 8],
      ["CRPIX2", 5],
      ["CD1_1", -1e-4],
      ["CD2_2", 1e-4],
    ],
    Uint16Array.from({ length: 200 }, (_, i) => i),
  );
  const frame = await inspectOne(path);
  assert.equal(frame.width, 14);
  assert.equal(frame.height, 9);
  const centre = frame.wcs!.skyToPixel(10, 20);
  assert.ok(Math.abs(centre.x - 5) < 1e-9 && Math.abs(centre.y - 4) < 1e-9);
  const exposure = await readRawFrame(frame, { detectorId: 3 });
  const [amplifier] = exposure.detector.amplifiers;
  assert.equal(exposure.detector.id, 3);
  assert.deepEqual(amplifier!.rawDataBox, { x0: 0, y0: 0, width: 14, height: 9 });
  assert.deepEqual(amplifier!.rawSerialOverscanBox, { x0: 14, y0: 0, width: 4, height: 9 });
  assert.equal(amplifier!.gain, 1.7);
  assert.equal(exposure.amplifiers[0]!.data[0], 2);
  assert.equal(exposure.amplifiers[0]!.data[18], 22);
});

test("a position with a pixel scale gives a guessed WCS, and the guess is told", async () => {
  const frame = await inspectOne(
    await writeFrame(
      "amateur.fits",
      [
        ["IMAGETYP", "Light Frame"],
        ["OBJCTRA", "05 35 17"],
        ["OBJCTDEC", "-05 23 28"],
        ["XPIXSZ", 9],
        ["FOCALLEN", 2000],
        ["EGAIN", 1.2],
      ],
      raw(),
    ),
  );
  assert.ok(frame.wcsIsGuess);
  assert.ok(Math.abs(frame.pixelScaleArcsec! - 0.92819) < 1e-4);
  assert.ok(Math.abs(frame.wcs!.pixelToSky(9.5, 4.5).raDeg - 83.820833) < 1e-5);
  assert.ok(frame.notes.some((note) => note.includes("north taken as up")));
});

test("a reduced image has its undefined and saturated pixels marked", async () => {
  const data = Float32Array.from({ length: 200 }, (_, i) => 100 + (i % 7));
  data[5] = Number.NaN;
  data[6] = 70_000;
  const frame = await inspectOne(
    await writeFrame(
      "reduced.fits",
      [
        ["SATURATE", 60_000],
        ["GAIN", 2],
        ["OBJECT", "x"],
      ],
      data,
    ),
  );
  assert.equal(frame.kind, "reduced");
  const exposure = await readReducedFrame(frame);
  assert.deepEqual(exposure.mask.data[5], (1 << 8) | (1 << 11));
  assert.deepEqual(exposure.mask.data[6], 1 << 1);
  assert.equal(exposure.image.data[5], 0);
  assert.ok(exposure.variance.data[6]! > 30_000);
});

test("a file that is not FITS is unknown, with the reason", async () => {
  const path = join(folder, "notes.fits");
  await writeFile(path, "not a FITS file");
  const frame = await inspectOne(path);
  assert.equal(frame.kind, "unknown");
  assert.match(frame.notes[0]!, /cannot be read/);
});

test("frames of two cameras are refused as one instrument", async () => {
  const a = await inspectOne(
    await writeFrame(
      "one.fits",
      [
        ["INSTRUME", "CameraOne1"],
        ["IMAGETYP", "bias"],
      ],
      raw(),
    ),
  );
  const b = await inspectOne(
    await writeFrame(
      "two.fits",
      [
        ["INSTRUME", "CameraTwo2"],
        ["IMAGETYP", "bias"],
      ],
      raw(),
    ),
  );
  assert.throws(() => createGenericInstrument([a, b]), {
    code: "INSTRUMENTS.UNKNOWN",
    message: /CameraOne1, CameraTwo2/,
  });
});
