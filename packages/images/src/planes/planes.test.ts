import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom, isAlmagestError } from "@almagest/base";
import { createBox } from "../box-algebra.ts";
import { createImage, createMask, createMaskedImage } from "./create-planes.ts";
import { cutImage, cutMaskedImage, pasteMaskedImage } from "./cutout.ts";
import { clearMaskBits, countMaskBits, growMaskBits, setMaskBox, setMaskSpans } from "./mask-bits.ts";
import { MASK_PLANES, maskBits, maskPlaneNames, withMaskPlane } from "./mask-planes.ts";
import { maskedStatistics } from "./masked-statistics.ts";

test("planes have their box's size, may be shared, and refuse pixels that do not fill it", () => {
  const bbox = createBox(-2, 5, 4, 3);
  assert.equal(createImage(bbox).data.length, 12);
  const shared = createMaskedImage(bbox, {}, { shared: true });
  assert.ok(shared.mask.data.buffer instanceof SharedArrayBuffer);
  assert.ok(shared.image.data.buffer instanceof SharedArrayBuffer);
  assert.throws(
    () => createImage(bbox, new Float32Array(11)),
    (error) => isAlmagestError(error, "IMAGES.SIZE_MISMATCH"),
  );
  assert.throws(
    () => createMask(createBox(0, 0, 2.5, 2)),
    (error) => isAlmagestError(error, "IMAGES.BOX_INVALID"),
  );
});

test("a cutout is a copy in parent coordinates, and pasting it puts it back", () => {
  const bbox = createBox(10, 20, 6, 5);
  const whole = createMaskedImage(bbox);
  whole.image.data.forEach((_, i) => {
    whole.image.data[i] = i;
    whole.mask.data[i] = i;
  });
  const part = cutMaskedImage(whole, createBox(12, 21, 3, 2));
  assert.deepEqual([...part.image.data], [8, 9, 10, 14, 15, 16]);
  part.image.data.fill(-1);
  assert.equal(whole.image.data[8], 8);
  pasteMaskedImage(whole, part);
  assert.equal(whole.image.data[8], -1);
  assert.equal(whole.mask.data[14], 14);
  assert.throws(
    () => cutImage(whole.image, createBox(9, 20, 2, 2)),
    (error) => isAlmagestError(error, "IMAGES.BOX_OUTSIDE"),
  );
});

test("mask planes go by name", () => {
  assert.equal(maskBits(["BAD", "SAT", "NO_DATA"]), 1 | 2 | 256);
  assert.deepEqual(maskPlaneNames(1 | 256), ["BAD", "NO_DATA"]);
  assert.throws(
    () => maskBits(["GHOST"]),
    (error) => isAlmagestError(error, "IMAGES.MASK_PLANE_UNKNOWN"),
  );
  const more = withMaskPlane(createMask(createBox(0, 0, 1, 1)), "GHOST");
  assert.equal(more.planes.get("GHOST"), MASK_PLANES.size);
});

test("bits are set in boxes and spans, counted, grown and cleared", () => {
  const mask = createMask(createBox(100, 100, 10, 10));
  setMaskBox(mask, createBox(95, 95, 7, 6), 1);
  assert.equal(countMaskBits(mask, 1), 2);
  setMaskSpans(mask, Int32Array.of(105, 104, 106, 0, 99, 100, 109, 0, 108, 108, 120, 1), 2);
  assert.equal(countMaskBits(mask, 2), 5);
  const grown = createMask(createBox(0, 0, 9, 9));
  grown.data[40] = 4;
  growMaskBits(grown, 4, 8, 2);
  const expected = Array.from(
    { length: 81 },
    (_, i) => ((i % 9) - 4) ** 2 + (Math.floor(i / 9) - 4) ** 2 <= 4,
  );
  assert.deepEqual(
    [...grown.data].map((value) => (value & 8) !== 0),
    expected,
  );
  clearMaskBits(grown, 8);
  assert.equal(countMaskBits(grown, 12), 1);
});

test("statistics leave masked pixels out", () => {
  const random = createRandom("statistics");
  const bbox = createBox(0, 0, 50, 40);
  const image = createImage(bbox);
  const mask = createMask(bbox);
  image.data.forEach((_, i) => {
    image.data[i] = i % 3 === 0 ? 40 : 7 + random.normal();
    mask.data[i] = i % 3 === 0 ? 1 : 0;
  });
  const all = maskedStatistics(image);
  const good = maskedStatistics(image, mask, 1);
  assert.ok(Math.abs(good.mean - 7) < 0.15 && Math.abs(good.sigma - 1) < 0.1);
  assert.ok(all.mean > 10);
});
