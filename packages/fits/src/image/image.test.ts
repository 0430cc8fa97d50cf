import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { openFits } from "../file/open-fits.ts";
import { type ByteSource, bytesSource } from "../source/byte-source.ts";
import { encodeFits } from "../write/encode-fits.ts";
import type { PixelArray } from "./pixel-array.ts";

const ARRAYS: readonly PixelArray[] = [
  Uint8Array.of(0, 1, 127, 128, 255, 7),
  Int8Array.of(0, 1, 127, -128, -1, 7),
  Int16Array.of(0, 1, 32767, -32768, -1, 7),
  Uint16Array.of(0, 1, 32768, 65535, 2, 7),
  Int32Array.of(0, 1, 2 ** 31 - 1, -(2 ** 31), -1, 7),
  Uint32Array.of(0, 1, 2 ** 31, 2 ** 32 - 1, 2, 7),
  BigInt64Array.of(0n, 1n, 2n ** 63n - 1n, -(2n ** 63n), -1n, 7n),
  BigUint64Array.of(0n, 1n, 2n ** 63n, 2n ** 64n - 1n, 2n, 7n),
  Float32Array.of(0, -0, Math.PI, Number.NaN, Number.POSITIVE_INFINITY, 1e-40),
  Float64Array.of(0, -0, Math.PI, Number.NaN, Number.NEGATIVE_INFINITY, 5e-324),
];

/** A source that counts the bytes read through it. */
function countingSource(bytes: Uint8Array): ByteSource & { count: number } {
  const inner = bytesSource(bytes);
  const source = {
    size: inner.size,
    count: 0,
    read: (offset: number, length: number) => {
      source.count += length;
      return inner.read(offset, length);
    },
  };
  return source;
}

test("every pixel type comes back as it was written, as primary and as extension", async () => {
  for (const data of ARRAYS) {
    const bytes = encodeFits([
      { kind: "image", data, shape: [3, 2] },
      { kind: "image", name: "EXT", data, shape: [6] },
    ]);
    const file = await openFits(bytes);
    for (const hdu of file.hdus) assert.deepEqual((await hdu.readImage()).data, data);
    assert.deepEqual(file.hdu("ext").shape, [6]);
  }
});

test("scaled integers become floats with NaN where BLANK", async () => {
  for (const [data, type] of [
    [Int16Array.of(-99, 10, 20), Float32Array],
    [Int32Array.of(-99, 10, 20), Float64Array],
    [BigInt64Array.of(-99n, 10n, 20n), Float64Array],
  ] as const) {
    const bytes = encodeFits([
      { kind: "image", data, shape: [3], scale: { bscale: 0.5, bzero: 100 }, header: [["BLANK", -99]] },
    ]);
    const hdu = (await openFits(bytes)).hdus[0]!;
    assert.deepEqual((await hdu.readImage()).data, type.of(Number.NaN, 105, 110));
    assert.deepEqual((await hdu.readImage({ raw: true })).data, data);
  }
});

test("BLANK of unscaled integers is told in the units of the data", async () => {
  const bytes = encodeFits([
    { kind: "image", data: Uint16Array.of(5, 0), shape: [2], header: [["BLANK", -32768]] },
  ]);
  const image = await (await openFits(bytes)).hdus[0]!.readImage();
  assert.deepEqual(image, { shape: [2], data: Uint16Array.of(5, 0), blank: 0 });
});

test("a cutout equals the same part of the whole and reads little else", async () => {
  const data = Float32Array.from({ length: 400 * 300 * 2 }, (_, i) => i);
  const source = countingSource(encodeFits([{ kind: "image", data, shape: [400, 300, 2] }]));
  const hdu = (await openFits(source)).hdus[0]!;
  source.count = 0;
  for (const section of [
    { x0: 7, y0: 11, width: 13, height: 5 },
    { x0: 0, y0: 290, width: 400, height: 10 },
    { x0: 399, y0: 0, width: 1, height: 300 },
    { x0: 100, y0: 3, width: 250, height: 4 },
  ]) {
    const { x0, y0, width, height } = section;
    const image = await hdu.readImage({ section });
    assert.deepEqual(image.shape, [width, height, 2]);
    for (let plane = 0; plane < 2; plane++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          assert.equal(
            image.data[(plane * height + y) * width + x],
            data[(plane * 300 + y0 + y) * 400 + x0 + x],
          );
  }
  assert.ok(source.count < 100_000, `${source.count} bytes read`);
});

test("a section outside the image is refused", async () => {
  const hdu = (await openFits(encodeFits([{ kind: "image", data: new Uint8Array(6), shape: [3, 2] }])))
    .hdus[0]!;
  for (const section of [
    { x0: 1, y0: 0, width: 3, height: 1 },
    { x0: -1, y0: 0, width: 1, height: 1 },
    { x0: 0.5, y0: 0, width: 1, height: 1 },
    { x0: 0, y0: 0, width: 0, height: 1 },
  ])
    await assert.rejects(hdu.readImage({ section }), (error) =>
      isAlmagestError(error, "FITS.SECTION_INVALID"),
    );
});
