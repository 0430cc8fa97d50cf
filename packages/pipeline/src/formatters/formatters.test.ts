import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import type { Formatter } from "@almagest/butler";
import { createMaskedImage } from "@almagest/images";
import { createSkyMap } from "@almagest/sphere";
import { createStandardFormatters } from "./standard-formatters.ts";

const registry = createStandardFormatters();
const dataId = {};

async function roundTrip(storageClass: string, value: unknown, component?: string): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-formatter-"));
  try {
    const formatter: Formatter = registry.entries.get(storageClass)!;
    const reader = registry.byName.get(formatter.name)!;
    const path = join(folder, `file${formatter.extension}`);
    await formatter.write(value, path);
    return await reader.read(path, { dataId, ...(component === undefined ? {} : { component }) });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("documents of a run survive their files", async () => {
  const metadata = {
    scalars: { a: Number.NaN, b: Number.NEGATIVE_INFINITY, c: "NaN" },
    arrays: { d: [1, 2] },
    metadata: {},
  };
  assert.deepEqual(await roundTrip("TaskMetadata", metadata), metadata);
  const versions = { node: "26.10.0", almagest: "0.1.0" };
  assert.deepEqual(await roundTrip("Packages", versions), versions);
  const config = {
    className: "a.B",
    values: { x: { y: 1.5e-7, "odd key": [1, null] }, name: 'it\'s "so"', on: true },
  };
  assert.deepEqual(await roundTrip("Config", config), config);
  const records = [{ name: "isr", message: "two\nlines", levelno: 20 }];
  assert.deepEqual(await roundTrip("ButlerLogRecords", { records }), { records });
  const failed = { records, extra: { exception: { message: "no" } } };
  assert.deepEqual(await roundTrip("ButlerLogRecords", failed), failed);
});

test("images and sky maps survive their files, and parts are read alone", async () => {
  const image = { bbox: { x0: -3, y0: 7, width: 2, height: 2 }, data: Float32Array.of(1, 2, 3, 4) };
  assert.deepEqual(await roundTrip("ImageU", image), image);
  assert.deepEqual(await roundTrip("ImageF", image, "bbox"), image.bbox);
  const exposure = { ...createMaskedImage(image.bbox), unit: "nJy" as const, metadata: { OBJECT: "field" } };
  const read = (await roundTrip("ExposureF", exposure)) as typeof exposure;
  assert.deepEqual([read.bbox, read.unit, read.metadata], [exposure.bbox, "nJy", exposure.metadata]);
  assert.deepEqual(await roundTrip("ExposureF", exposure, "bbox"), image.bbox);
  await assert.rejects(roundTrip("ExposureF", exposure, "nope"), (error) =>
    isAlmagestError(error, "PIPELINE.FORMAT_INVALID"),
  );
  const skyMap = createSkyMap({
    kind: "rings",
    name: "rings",
    pixelScaleArcsec: 0.2,
    tractOverlapDeg: 0.01,
    numRings: 20,
    raStartDeg: 0,
    patches: { kind: "legacy", innerWidth: 4000, innerHeight: 4000, border: 100 },
  });
  const again = (await roundTrip("SkyMap", skyMap)) as typeof skyMap;
  assert.deepEqual(again.hash, skyMap.hash);
});

test("what is no such document gives a coded error", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "almagest-formatter-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "x");
  for (const [storageClass, text] of Object.entries({
    TaskMetadata: "{",
    ButlerLogRecords: "not json\n",
    Config: "import os\nos.remove('x')\n",
    Packages: "- a\n",
    SkyMap: "{}",
  })) {
    writeFileSync(path, text);
    await assert.rejects(
      registry.entries.get(storageClass)!.read(path, { dataId }),
      (error) => isAlmagestError(error, "PIPELINE.FORMAT_INVALID"),
      storageClass,
    );
    assert.equal(readFileSync(path, "utf8"), text);
  }
});
