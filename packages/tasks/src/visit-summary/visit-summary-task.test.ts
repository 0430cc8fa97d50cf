import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom, silentLogger } from "@almagest/base";
import { createMaskedImage, type Exposure } from "@almagest/images";
import { createTanWcs, type SkyWcs } from "@almagest/sphere";
import { getColumn, getNumbers } from "@almagest/tables";
import { createMemoryHandle } from "../memory-handle.ts";
import { visitSummaryTask } from "./visit-summary-task.ts";

const SCALE = 0.2 / 3600;

function detectorImage(detector: number, wcs: SkyWcs | undefined, metadata: Exposure["metadata"]) {
  const planes = createMaskedImage({ x0: 0, y0: 0, width: 100, height: 80 });
  const exposure: Exposure = { ...planes, unit: "nJy", metadata, ...(wcs === undefined ? {} : { wcs }) };
  return createMemoryHandle(exposure, { instrument: "Sim", visit: 42, detector });
}

async function summarize(images: ReturnType<typeof detectorImage>[]) {
  const context = {
    label: "visit summary",
    config: {},
    dataId: { instrument: "Sim", visit: 42 },
    records: { visit: { physical_filter: "r_sim" } as never },
    inputDataIds: { images: images.map((image) => image.dataId) },
    outputDataIds: {},
    log: silentLogger,
    random: createRandom("summary"),
    setMetadata: () => {},
  };
  return (await visitSummaryTask.run(context, { images })).summary!;
}

test("visit summary: a row per detector in their order, with its figures, its filter, its place and corners", async () => {
  const wcs = createTanWcs({
    crvalRaDeg: 10,
    crvalDecDeg: -20,
    crpixX: 49.5,
    crpixY: 39.5,
    cd: [-SCALE, 0, 0, SCALE],
  });
  const figures = { sources: 321, psfFwhmArcsec: 0.81, zeroPoint: 27.25, astrometryScatterArcsec: 0.011 };
  const summary = await summarize([
    detectorImage(7, wcs, figures),
    detectorImage(2, undefined, { sources: 5 }),
  ]);
  assert.equal(summary.rows, 2);
  assert.deepEqual([...getNumbers(summary, "detector")], [2, 7]);
  assert.deepEqual([...(getColumn(summary, "visit").data as BigInt64Array)], [42n, 42n]);
  assert.deepEqual(getColumn(summary, "physical_filter").data, ["r_sim", "r_sim"]);
  for (const [name, value] of Object.entries(figures))
    assert.equal(getNumbers(summary, name)[1], value, name);
  assert.equal(getColumn(summary, "psfFwhmArcsec").unit, "arcsec");
  assert.ok(Math.abs(getNumbers(summary, "ra")[1]! - 10) < 1e-9);
  assert.ok(Math.abs(getNumbers(summary, "dec")[1]! + 20) < 1e-9);
  // Corners are those of the pixels' outer edges, lower left first, counter-clockwise on the detector.
  const [ra, dec] = ["raCorners", "decCorners"].map((name) => getColumn(summary, name));
  assert.equal(ra!.width, 4);
  for (const [corner, [x, y]] of [
    [-0.5, -0.5],
    [99.5, -0.5],
    [99.5, 79.5],
    [-0.5, 79.5],
  ].entries()) {
    const { raDeg, decDeg } = wcs.pixelToSky(x!, y!);
    assert.equal(ra!.data[4 + corner], raDeg);
    assert.equal(dec!.data[4 + corner], decDeg);
  }
});

test("visit summary: what a detector does not know of itself is NaN, and keeps nobody from the table", async () => {
  const summary = await summarize([detectorImage(2, undefined, { sources: 5 })]);
  assert.equal(getNumbers(summary, "sources")[0], 5);
  for (const name of ["ra", "dec", "zeroPoint", "psfFwhmArcsec", "pointingErrorArcsec"])
    assert.ok(Number.isNaN(getNumbers(summary, name)[0]), name);
});
