import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { type Formatter, formatterOf } from "@almagest/butler";
import { writeFits } from "@almagest/fits";
import { createMaskedImage, type Exposure, type Image, type Mask } from "@almagest/images";
import { createSkyMap } from "@almagest/sphere";
import type { Table } from "@almagest/tables";
import { createStandardFormatters } from "./standard-formatters.ts";

const registry = createStandardFormatters();
const dataId = {};

async function roundTrip(storageClass: string, value: unknown, component?: string): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-formatter-"));
  try {
    const formatter: Formatter = registry.entries.get(storageClass)!;
    const datasetType = { name: "x", dimensions: [], storageClass, isCalibration: false };
    const reader = formatterOf(registry, {
      ref: { id: "", datasetType, dataId, run: "r" },
      path: "",
      formatter: formatter.name,
      storageClass,
    });
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

test("images of lsst.images and afw are read: planes, masks by name, unit, cards", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "almagest-formatter-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "visit_image.fits");
  const place: [string, string | number][] = [
    ["CTYPE1A", "LINEAR"],
    ["CRVAL1A", -3],
    ["CRVAL2A", 7],
  ];
  const shape = [2, 2];
  const data = Float32Array.of(1, 2, 3, 4);
  await writeFits(path, [
    {
      kind: "image",
      header: [
        ["JSONADDR", 1],
        ["OBJECT", "field"],
        ["DETECTOR", 4],
      ],
    },
    { kind: "image", name: "IMAGE", header: [...place, ["BUNIT", "nJy"]], data, shape },
    {
      kind: "image",
      name: "MASK",
      header: [...place, ["MSKN0000", "BAD"], ["MSKM0000", 1], ["MSKN0002", "SAT"], ["MSKM0002", 4]],
      data: Int32Array.of(0, 1, 4, 5),
      shape,
    },
    { kind: "image", name: "VARIANCE", header: place, data, shape },
    { kind: "image", name: "JSON", data: Uint8Array.of(1), shape: [1] },
  ]);
  const read = async (name: string, component?: string): Promise<unknown> =>
    registry.byName.get(name)!.read(path, { dataId, ...(component ? { component } : {}) });
  const visit = (await read("lsst.images.formatters.GenericFormatter")) as Exposure;
  assert.deepEqual(visit.bbox, { x0: -3, y0: 7, width: 2, height: 2 });
  assert.deepEqual(
    [visit.unit, visit.detector, visit.metadata.OBJECT],
    ["nJy", { id: 4, name: "4" }, "field"],
  );
  assert.deepEqual(
    [...visit.mask.planes],
    [
      ["BAD", 0],
      ["SAT", 2],
    ],
  );
  assert.deepEqual([...visit.image.data, ...visit.mask.data], [1, 2, 3, 4, 0, 1, 4, 5]);
  const variance = (await read(
    "lsst.obs.base.formatters.fitsExposure.FitsMaskedImageFormatter",
    "variance",
  )) as Image;
  assert.deepEqual([...variance.data], [1, 2, 3, 4]);
  const mask = (await read("lsst.obs.base.formatters.fitsExposure.FitsMaskFormatter")) as Mask;
  assert.deepEqual([...mask.data], [0, 1, 4, 5]);
});

test("catalogues and defects of the science pipelines are read, pickles are not", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "almagest-formatter-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "x.fits");
  const generic = registry.byName.get("lsst.obs.base.formatters.fitsGeneric.FitsGenericFormatter")!;
  await writeFits(path, [
    {
      kind: "bintable",
      columns: [
        { name: "id", data: BigInt64Array.of(5n, 6n) },
        { name: "flux", data: Float64Array.of(1, 2), unit: "nJy" },
      ],
    },
  ]);
  const table = (await generic.read(path, { dataId })) as Table;
  assert.deepEqual(
    [table.rows, table.columns.get("flux")],
    [2, { data: Float64Array.of(1, 2), unit: "nJy" }],
  );
  assert.deepEqual(await generic.read(path, { dataId, component: "columns" }), ["id", "flux"]);
  await writeFits(path, [
    {
      kind: "bintable",
      columns: [
        { name: "SHAPE", data: ["BOX", "POINT"] },
        { name: "X", data: Float64Array.of(11.5, 4) },
        { name: "Y", data: Float64Array.of(21, 5) },
        { name: "R", data: Float64Array.of(4, 3, 1, 1), width: 2 },
      ],
    },
  ]);
  assert.deepEqual(await generic.read(path, { dataId }), [
    { x0: 9, y0: 19, width: 4, height: 3 },
    { x0: 3, y0: 4, width: 1, height: 1 },
  ]);
  const pickle = registry.byName.get("lsst.daf.butler.formatters.pickle.PickleFormatter")!;
  await assert.rejects(pickle.read(path, { dataId }), (error) =>
    isAlmagestError(error, "PIPELINE.FORMAT_INVALID"),
  );
});
