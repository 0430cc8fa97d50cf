import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { openFits } from "./file/open-fits.ts";
import {
  compareWithAstropy,
  describeWithAstropy,
  digestPixels,
  findAstropy,
  hasFpack,
  numpyType,
} from "./testing/astropy.ts";
import { createCorpus } from "./testing/corpus.ts";
import type { ImageSpec } from "./write/hdu-spec.ts";
import { writeFits } from "./write/write-fits.ts";

const python = findAstropy();
const DATA = join(import.meta.dirname, "../../../../shared/data");
const REAL_FILES = [
  "cosmic_rays_gmos/gmos.fits.gz",
  "raw_lco_sinistro/mef_raw_2021SO2.fits.gz",
  "sep_emmi/image.fits.gz",
  "lsst_products_cfht/visitSummary-849375.fits.gz",
  "hsc_focalplane_astrometry/1180_0.fits.gz",
  "decam_cp_multiepoch/testcase6/gaia/chunk-03559.fits.gz",
];

test("astropy reads what is written here, and both read the same", async (t) => {
  if (python === undefined) return t.skip("needs python3 with astropy: FITS comparison");
  const folder = await mkdtemp(join(tmpdir(), "almagest-fits-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const paths: string[] = [];
  for (const [name, bytes] of createCorpus()) {
    const path = join(folder, name);
    await writeFile(path, bytes);
    paths.push(path);
  }
  const described = describeWithAstropy(python, paths);
  for (const path of paths) {
    // The ASCII table's implied decimals and blank fields are a matter astropy treats otherwise.
    if (path.endsWith("ascii")) continue;
    assert.deepEqual(await compareWithAstropy(path, described[path]!), [], path);
  }
});

test("real files of many telescopes read the same as by astropy", async (t) => {
  if (python === undefined) return t.skip("needs python3 with astropy: FITS comparison");
  const paths = REAL_FILES.map((file) => join(DATA, file));
  if (!existsSync(paths[0]!)) return t.skip("needs shared/data: real FITS files");
  const described = describeWithAstropy(python, paths);
  for (const path of paths) assert.deepEqual(await compareWithAstropy(path, described[path]!), [], path);
});

test("funpack restores what is compressed here to the very values read here", async (t) => {
  if (!hasFpack()) return t.skip("needs fpack and funpack: FITS compression");
  const folder = await mkdtemp(join(tmpdir(), "almagest-fits-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const random = createRandom(8);
  const data = Float32Array.from({ length: 150 * 40 }, () => 300 + 9 * random.normal());
  data[77] = Number.NaN;
  data.fill(0, 300, 310);
  const image = (name: string, spec: ImageSpec): ImageSpec => ({ ...spec, name });
  const base = { kind: "image", data, shape: [150, 40] } as const;
  const specs: ImageSpec[] = [
    image("R1", {
      ...base,
      compress: { algorithm: "RICE_1", quantize: { level: 4, dither: 1, seed: 9980 } },
    }),
    image("R2", { ...base, compress: { algorithm: "RICE_1", quantize: { level: 8, dither: 2, seed: 3 } } }),
    image("G2", { ...base, compress: { algorithm: "GZIP_2", quantize: { level: -1, dither: 0, seed: 1 } } }),
    image("LL", { ...base, compress: { algorithm: "GZIP_1" } }),
    image("U", {
      ...base,
      data: Uint16Array.from(data, (v) => v * 90),
      compress: { algorithm: "RICE_1", tile: [40, 9] },
    }),
  ];
  const [packed, plain] = [join(folder, "a.fits.fz"), join(folder, "a.fits")];
  await writeFits(packed, specs, { checksum: true });
  execFileSync("funpack", ["-O", plain, packed]);
  await using ours = await openFits(packed);
  await using theirs = await openFits(plain);
  for (const { name = "" } of specs) {
    const [our, their] = [await ours.hdu(name).readImage(), await theirs.hdu(name).readImage()];
    assert.equal(numpyType(our.data), numpyType(their.data), name);
    // Hashes, as the bits of NaN may differ.
    assert.equal(digestPixels(our.data), digestPixels(their.data), name);
    assert.equal((await theirs.hdu(name).verifyChecksum()).checksum, "ok");
  }
});

test("SUBTRACTIVE_DITHER_1 and 2: tiles, scales and seeds are fpack's to the bit, and 2 keeps zeros", async (t) => {
  if (!hasFpack()) return t.skip("needs fpack and funpack: FITS compression");
  const folder = await mkdtemp(join(tmpdir(), "almagest-fits-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const random = createRandom(11);
  const [width, height] = [150, 40];
  const data = Float32Array.from({ length: width * height }, () => 20 * random.normal());
  // Zeros of a dead corner, in rows that are quantised for their other pixels.
  for (let row = 5; row < 9; row++) data.fill(0, row * width + 10, row * width + 30);
  const plain = join(folder, "plain.fits");
  await writeFits(plain, [{ kind: "image", data, shape: [width, height] }]);
  for (const [dither, option] of [
    [1, "-q"],
    [2, "-qz"],
  ] as const) {
    const [theirPath, ourPath] = [join(folder, `${dither}.theirs.fz`), join(folder, `${dither}.ours.fz`)];
    execFileSync("fpack", ["-r", option, "4", "-O", theirPath, plain]);
    await using theirs = await openFits(theirPath);
    const { storedHeader } = theirs.hdus[1]!;
    assert.equal(storedHeader.get("ZQUANTIZ"), `SUBTRACTIVE_DITHER_${dither}`);
    // fpack takes the seed from the clock or the pixels; the rows count on from it.
    const seed = storedHeader.requireInteger("ZDITHER0");
    const quantize = { level: 4, dither, seed };
    await writeFits(ourPath, [
      { kind: "image", data, shape: [width, height], compress: { algorithm: "RICE_1", quantize } },
    ]);
    await using ours = await openFits(ourPath);
    assert.equal(ours.hdus[1]!.storedHeader.get("ZQUANTIZ"), `SUBTRACTIVE_DITHER_${dither}`);
    assert.equal(ours.hdus[1]!.storedHeader.get("ZDITHER0"), seed);
    const [our, their] = [await ours.hdus[1]!.readTable(), await theirs.hdus[1]!.readTable()];
    for (const name of ["ZSCALE", "ZZERO", "COMPRESSED_DATA"])
      assert.deepEqual(
        our.columns.get(name)!.data,
        their.columns.get(name)!.data,
        `${name}, dither ${dither}`,
      );
    const [ourPixels, theirPixels] = [
      (await ours.hdus[1]!.readImage()).data,
      (await theirs.hdus[1]!.readImage()).data,
    ];
    assert.deepEqual(ourPixels, theirPixels);
    for (let row = 5; row < 9; row++)
      for (let x = 10; x < 30; x++) {
        const value = Number(ourPixels[row * width + x]);
        if (dither === 2) assert.equal(value, 0);
        else assert.ok(Math.abs(value) < 10, `${value}`);
      }
  }
});
