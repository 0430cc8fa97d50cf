import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createConvexPolygon, encodeRegion } from "@almagest/sphere";
import type { Butler } from "../butler.ts";
import { createRepository } from "../create-repository.ts";
import { type OpenOptions, openButler } from "../open-butler.ts";
import { registryOf } from "./tested-registries.ts";

/** Start of the first exposure: 2026-01-01 20:00:00 TAI. */
export const FIRST_EXPOSURE = 1_767_297_600_000_000_000n;
const SECOND = 1_000_000_000n;

function square(raDeg: number, decDeg: number, sizeDeg: number): Uint8Array {
  const corners = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ].map(([x, y]) => ({ raDeg: raDeg + x! * sizeDeg, decDeg: decDeg + y! * sizeDeg }));
  return encodeRegion(createConvexPolygon(corners));
}

/**
 * A new repository with one instrument of four detectors (2 × 2, 0.5° each), six exposures and visits along RA in two
 * bands, and a sky map of one tract with 4 × 2 patches of 1°. Deleted after the test.
 */
export async function openSmallSurvey(t: TestContext, options: OpenOptions = {}): Promise<Butler> {
  const root = await mkdtemp(join(tmpdir(), "almagest-butler-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  const database = registryOf(t);
  await createRepository(root, database === undefined ? {} : { database });
  const butler = await openButler(root, { run: "run/a", ...options });
  t.after(() => butler.close());
  await butler.transaction(() => fillSmallSurvey(butler));
  return butler;
}

/** Inserts the dimension records and dataset types of the small survey. */
export async function fillSmallSurvey(butler: Butler): Promise<void> {
  const instrument = "Cam";
  await butler.insertRecords("instrument", [{ name: instrument, detector_max: 4, class_name: "test.Cam" }]);
  await butler.insertRecords("skymap", [{ name: "sky", hash: Uint8Array.of(1, 2, 3) }]);
  await butler.insertRecords("day_obs", [{ instrument, id: 20260101 }]);
  await butler.insertRecords(
    "detector",
    [0, 1, 2, 3].map((id) => ({ instrument, id, full_name: `D${id}`, purpose: "SCIENCE" })),
  );
  await butler.insertRecords("physical_filter", [
    { instrument, name: "Cam-r", band: "r" },
    { instrument, name: "Cam-i", band: "i" },
  ]);
  await butler.insertRecords("tract", [{ skymap: "sky", id: 0, region: square(10, 0, 4) }]);
  await butler.insertRecords(
    "patch",
    Array.from({ length: 8 }, (_, id) => ({
      skymap: "sky",
      tract: 0,
      id,
      cell_x: id % 4,
      cell_y: Math.floor(id / 4),
      region: square(10 + (id % 4), Math.floor(id / 4), 1),
    })),
  );
  const numbers = [1, 2, 3, 4, 5, 6];
  const filterOf = (id: number): string => (id % 2 === 1 ? "Cam-r" : "Cam-i");
  const timespanOf = (id: number) => {
    const begin = FIRST_EXPOSURE + BigInt(id - 1) * 60n * SECOND;
    return { begin, end: begin + 30n * SECOND };
  };
  await butler.insertRecords(
    "group",
    numbers.map((id) => ({ instrument, name: `G${id}` })),
  );
  await butler.insertRecords(
    "exposure",
    numbers.map((id) => ({
      instrument,
      id,
      day_obs: 20260101,
      group: `G${id}`,
      physical_filter: filterOf(id),
      obs_id: `E${id}`,
      exposure_time: 30,
      observation_type: "science",
      timespan: timespanOf(id),
    })),
  );
  await butler.insertRecords(
    "visit",
    numbers.map((id) => ({
      instrument,
      id,
      day_obs: 20260101,
      physical_filter: filterOf(id),
      name: `V${id}`,
      exposure_time: 30,
      region: square(9.25 + id / 2, 0.25, 1),
      timespan: timespanOf(id),
    })),
  );
  await butler.insertRecords(
    "visit_definition",
    numbers.map((id) => ({ instrument, exposure: id, visit: id })),
  );
  await butler.insertRecords(
    "visit_detector_region",
    numbers.flatMap((visit) =>
      [0, 1, 2, 3].map((detector) => ({
        instrument,
        visit,
        detector,
        region: square(9.25 + visit / 2 + 0.5 * (detector % 2), 0.25 + 0.5 * Math.floor(detector / 2), 0.5),
      })),
    ),
  );
  const storageClass = "StructuredDataDict";
  const define = (name: string, dimensions: string[], isCalibration = false): Promise<boolean> =>
    butler.registerDatasetType({ name, dimensions, storageClass, isCalibration });
  await define("raw", ["exposure", "detector"]);
  await define("image", ["visit", "detector"]);
  await define("warp", ["visit", "patch"]);
  await define("coadd", ["patch", "band"]);
  await define("bias", ["detector"], true);
  await define("flat", ["detector", "physical_filter"], true);
  await define("refcat", ["htm7"]);
  await define("settings", []);
}
