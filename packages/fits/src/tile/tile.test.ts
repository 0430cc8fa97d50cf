import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createRandom, isAlmagestError } from "@almagest/base";
import fc from "fast-check";
import { openFits } from "../file/open-fits.ts";
import type { PixelArray } from "../image/pixel-array.ts";
import { digestPixels } from "../testing/astropy.ts";
import { FIXTURES } from "../testing/corpus.ts";
import { encodeFits } from "../write/encode-fits.ts";
import type { CompressSpec } from "../write/hdu-spec.ts";
import { DITHER_SEQUENCE } from "./dither.ts";

async function readBack(data: PixelArray, shape: readonly number[], compress: CompressSpec) {
  const file = await openFits(encodeFits([{ kind: "image", name: "SCI", data, shape, compress }]));
  return file.hdu("SCI");
}

for (const name of readdirSync(FIXTURES).filter((file) => file.endsWith(".json")))
  test(`${name.slice(0, -5)}: equals what cfitsio decompresses`, async () => {
    const want = JSON.parse(readFileSync(join(FIXTURES, name), "utf8"));
    const file = await openFits(new Uint8Array(readFileSync(join(FIXTURES, name.replace(".json", ".fits")))));
    const hdu = file.hdus.find((candidate) => candidate.kind === "compressed-image")!;
    const { data, shape } = await hdu.readImage();
    assert.equal(data.constructor.name, want.type);
    assert.deepEqual(shape, want.shape);
    assert.equal(digestPixels(data), want.sha256);
    assert.deepEqual(hdu.shape, want.shape);
    assert.equal(hdu.header.getInteger("NAXIS1"), want.shape[0]);
    assert.ok(!hdu.header.has("ZCMPTYPE") && !hdu.header.has("TFORM1") && hdu.storedHeader.has("ZCMPTYPE"));
    const section = await hdu.readImage({ section: { x0: 9, y0: 7, width: 14, height: 9 } });
    for (let y = 0; y < 9; y++)
      for (let x = 0; x < 14; x++) assert.equal(section.data[y * 14 + x], data[(y + 7) * shape[0]! + x + 9]);
  });

test("integers of any size, shape and tile come back exactly", async () => {
  const types = [Uint8Array, Int8Array, Int16Array, Uint16Array, Int32Array, Uint32Array] as const;
  const shapes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...types),
      shapes,
      shapes,
      fc.constantFrom("RICE_1" as const, "GZIP_1" as const, "GZIP_2" as const),
      fc.constantFrom(0, 1, 5, 20, 32),
      fc.integer(),
      async (type, shape, tiles, algorithm, spreadBits, seed) => {
        const random = createRandom(seed);
        const count = shape.reduce((product, length) => product * length, 1);
        // Now and then a jump, so that short and long codes and raw blocks all occur.
        const data = new type(count);
        for (let i = 0; i < count; i++)
          data[i] = random.uniform() < 0.02 ? random.integer(2 ** 32) : random.integer(2 ** spreadBits);
        const tile = shape.map((_, axis) => tiles[axis] ?? 1);
        const { data: read } = await (await readBack(data, shape, { algorithm, tile })).readImage();
        assert.deepEqual(read, data);
      },
    ),
    { seed: 1, numRuns: 150 },
  );
});

test("64-bit integers and lossless floats come back exactly with gzip, and RICE_1 refuses them", async () => {
  const arrays = [
    BigInt64Array.from({ length: 60 }, (_, i) => BigInt(i) ** 10n - 2n ** 62n),
    Float32Array.from({ length: 60 }, (_, i) => (i === 7 ? Number.NaN : Math.sqrt(i))),
    Float64Array.from({ length: 60 }, (_, i) => (i === 7 ? Number.NEGATIVE_INFINITY : Math.sqrt(i))),
  ];
  for (const data of arrays)
    for (const algorithm of ["GZIP_1", "GZIP_2"] as const)
      assert.deepEqual(
        (await (await readBack(data, [10, 6], { algorithm, tile: [4, 6] })).readImage()).data,
        data,
      );
  await assert.rejects(readBack(arrays[0]!, [10, 6], { algorithm: "RICE_1" }), (error) =>
    isAlmagestError(error, "FITS.SPEC_INVALID"),
  );
});

test("the random sequence is the standard's", () => {
  let seed = 1;
  for (let i = 0; i < 10000; i++) seed = (16807 * seed) % 2147483647;
  assert.equal(seed, 1043618065);
  assert.equal(DITHER_SEQUENCE[9999], Math.fround(1043618065 / 2147483647));
});

test("quantised floats stay within half a step; NaN and, with dither 2, zeros stay what they are", async () => {
  const random = createRandom(5);
  for (const type of [Float32Array, Float64Array]) {
    const data = new type(200 * 30);
    for (let i = 0; i < data.length; i++) data[i] = 50 + 3 * random.normal();
    data.fill(0, 400, 420);
    data[900] = Number.NaN;
    for (const dither of [0, 1, 2] as const)
      for (const algorithm of ["RICE_1", "GZIP_1", "GZIP_2"] as const) {
        const quantize = { level: -0.25, dither, seed: 9990 };
        const { data: read } = await (await readBack(data, [200, 30], { algorithm, quantize })).readImage();
        for (let i = 0; i < data.length; i++) {
          if (Number.isNaN(data[i])) assert.ok(Number.isNaN(read[i]));
          else assert.ok(Math.abs(Number(read[i]) - data[i]!) <= 0.125 + 1e-5, `pixel ${i}`);
        }
        if (dither === 2) assert.ok(read.slice(400, 420).every((value) => value === 0));
      }
  }
});

test("the step follows the noise of each tile, and tiles that cannot be quantised are kept as they are", async () => {
  const random = createRandom(6);
  const data = Float32Array.from({ length: 300 * 4 }, (_, i) => (i < 600 ? 10 : 40) * random.normal());
  data.fill(7.5, 600, 900);
  data[1000] = Number.POSITIVE_INFINITY;
  const hdu = await readBack(data, [300, 4], {
    algorithm: "RICE_1",
    quantize: { level: 4, dither: 1, seed: 1 },
  });
  const table = await hdu.readTable();
  const scale = table.columns.get("ZSCALE")!.data as Float64Array;
  assert.ok(Math.abs(scale[0]! - 2.5) < 0.6 && Math.abs(scale[1]! - 2.5) < 0.6, `${scale}`);
  const gzip = table.columns.get("GZIP_COMPRESSED_DATA")!.data as Uint8Array[];
  assert.deepEqual(
    gzip.map((bytes) => bytes.length > 0),
    [false, false, true, true],
  );
  assert.deepEqual((await hdu.readImage()).data.slice(600), data.slice(600));
});

test("a cutout reads only the tiles it needs", async () => {
  const data = Uint16Array.from({ length: 512 * 512 }, (_, i) => (i * 7919) % 4096);
  const bytes = encodeFits([
    {
      kind: "image",
      name: "SCI",
      data,
      shape: [512, 512],
      compress: { algorithm: "RICE_1", tile: [64, 64] },
    },
  ]);
  let count = 0;
  const file = await openFits({
    size: bytes.length,
    read: async (offset, length) => {
      count += length;
      return bytes.subarray(offset, offset + length);
    },
  });
  count = 0;
  const { data: read } = await file
    .hdu("SCI")
    .readImage({ section: { x0: 100, y0: 100, width: 60, height: 20 } });
  for (let y = 0; y < 20; y++)
    for (let x = 0; x < 60; x++) assert.equal(read[y * 60 + x], data[(y + 100) * 512 + x + 100]);
  assert.ok(count < bytes.length / 20, `${count} of ${bytes.length} bytes read`);
});

test("damaged tiles are named, also at the very end of their bytes", async () => {
  const data = Int32Array.from({ length: 1000 }, (_, i) => (i * i) % 977);
  const bytes = encodeFits([{ kind: "image", data, shape: [1000], compress: { algorithm: "RICE_1" } }]);
  const file = await openFits(bytes);
  const descriptor = file.hdus[1]!.dataOffset;
  const view = new DataView(bytes.buffer);
  const length = view.getInt32(descriptor);
  for (const lie of [1, 5, length >> 1, length - 1]) {
    view.setInt32(descriptor, lie);
    await assert.rejects(
      file.hdus[1]!.readImage(),
      (error) =>
        isAlmagestError(error, "FITS.TILE_INVALID") &&
        error.fields.tile === 1 &&
        error.fields.offset === descriptor + 8,
    );
  }
});
