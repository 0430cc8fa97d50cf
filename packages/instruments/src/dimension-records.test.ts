import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createFormatterRegistry, createRepository, openButler } from "@almagest/butler";
import type { RawExposure } from "@almagest/images";
import { createUnitVector, decodeRegion, isoToTaiNs, regionContains } from "@almagest/sphere";
import { createDetectorWcs } from "./camera-wcs.ts";
import { exposureRecords, instrumentRecords, type Observation, visitRecords } from "./dimension-records.ts";
import { readFileHeaders } from "./file-headers.ts";
import { RAW_FORMATTER } from "./raw-formatter.ts";
import { createSimCam } from "./simcam/simcam.ts";
import { DEFAULT_SIMCAM_OPTIONS } from "./simcam/simcam-options.ts";
import { writeSimCamRaw } from "./simcam/simcam-raw.ts";

const options = { ...DEFAULT_SIMCAM_OPTIONS, width: 64, height: 64, rows: 1 };
const instrument = createSimCam(options);
const pointing = { raDeg: 359.99, decDeg: -20, rotatorDeg: 30 };

async function writeRaw(folder: string, detectorId: number): Promise<string> {
  const detector = instrument.camera.detectors[detectorId]!;
  const path = join(folder, `raw_${detectorId}.fits`);
  const segments = detector.amplifiers.map(({ rawBox }) =>
    new Uint16Array(rawBox.width * rawBox.height).fill(detectorId + 7),
  );
  await writeSimCamRaw(
    path,
    options,
    detector,
    {
      dayObs: 20260115,
      seqNum: 3,
      type: "OBJECT",
      group: "g1",
      beginTaiNs: isoToTaiNs("2026-01-16T02:03:04", "tai"),
      exposureSec: 30,
      darkSec: 31,
      band: "r",
      physicalFilter: "r_sim",
      object: "field",
      reason: "science",
      pointing: { ...pointing, airmass: 1.2, azimuthDeg: 100, elevationDeg: 56 },
      wcs: createDetectorWcs(instrument.camera, detector, pointing),
    },
    segments,
  );
  return path;
}

test("a Butler takes the records of instrument, exposure and visit, and reads the raws back", async () => {
  const folder = await mkdtemp(join(tmpdir(), "records-"));
  try {
    const paths = [await writeRaw(folder, 0), await writeRaw(folder, 1)];
    const observations: Observation[] = [];
    for (const path of paths) {
      const [info] = instrument.observationInfos(await readFileHeaders(path));
      const detector = instrument.camera.detectors[info!.detectorId]!;
      const wcs = createDetectorWcs(instrument.camera, detector, pointing);
      observations.push({ info: info!, wcs, bbox: detector.bbox });
    }
    const root = join(folder, "repo");
    await createRepository(root);
    const formatters = createFormatterRegistry({ datasetTypes: new Map([["raw", RAW_FORMATTER]]) });
    await using butler = await openButler(root, { formatters, run: "SimCam/raw/all" });
    const batches = [
      ...instrumentRecords(instrument),
      ...exposureRecords(observations),
      ...visitRecords(observations),
    ];
    for (const { element, records } of batches) await butler.insertRecords(element, records);
    const [visit] = await butler.queryRecords("visit");
    assert.equal(visit!.id, 2026011500003);
    const region = decodeRegion(visit!.region as Uint8Array);
    for (const { wcs, bbox } of observations) {
      const { raDeg, decDeg } = wcs!.pixelToSky(bbox!.width / 2, bbox!.height / 2);
      assert.ok(regionContains(region, createUnitVector(raDeg, decDeg)));
    }
    await butler.registerDatasetType({
      name: "raw",
      dimensions: ["instrument", "exposure", "detector"],
      storageClass: "Exposure",
      isCalibration: false,
    });
    const dataIdOf = (detector: number) => ({ instrument: "SimCam", exposure: 2026011500003, detector });
    await butler.ingest(
      paths.map((path, detector) => ({ path, datasetType: "raw", dataId: dataIdOf(detector) })),
      { mode: "copy", run: "SimCam/raw/all" },
    );
    const raw = (await butler.get("raw", dataIdOf(1))) as RawExposure;
    assert.equal(raw.detector.id, 1);
    assert.equal(raw.amplifiers[15]!.data[0], 8);
    assert.equal(raw.visitInfo.exposureId, 2026011500003);
    const filter = await butler.get("raw", dataIdOf(0), { component: "filter" });
    assert.deepEqual(filter, { band: "r", physical: "r_sim" });
  } finally {
    await rm(folder, { recursive: true });
  }
});
