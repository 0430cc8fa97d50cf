import type { Butler, DimensionRecord } from "@almagest/butler";
import { convexHull, createUnitVector, encodeRegion, type UnitVector } from "@almagest/sphere";
import { type Column, createTable, type Table } from "@almagest/tables";
import type { FrameTies } from "./frame-ties.ts";
import { wcsToCards } from "./frame-ties.ts";
import { cornersOf } from "./plan-sky-map.ts";
import { frameKey } from "./process-frame.ts";
import { isOnSky, type SettledFrame } from "./settled-frame.ts";

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** Gives visits and their detectors the regions that they were found to see. */
async function replaceRegions(
  butler: Butler,
  instrument: string,
  frames: readonly SettledFrame[],
): Promise<void> {
  const known = new Map(
    (await butler.queryRecords("visit", { where: `instrument = '${instrument}'` })).map((record) => [
      Number(record.id),
      record,
    ]),
  );
  const visits: DimensionRecord[] = [];
  const regions: DimensionRecord[] = [];
  for (const [visit, group] of groupBy(frames, ({ frame }) => String(frame.info.visitId))) {
    const corners: UnitVector[] = [];
    for (const settled of group) {
      const own = cornersOf(settled).map(({ raDeg, decDeg }) => createUnitVector(raDeg, decDeg));
      corners.push(...own);
      const detector = settled.frame.info.detectorId;
      regions.push({ instrument, visit: Number(visit), detector, region: encodeRegion(convexHull(own)) });
    }
    const record = known.get(Number(visit));
    if (record !== undefined) visits.push({ ...record, region: encodeRegion(convexHull(corners)) });
  }
  await butler.insertRecords("visit", visits, { replace: true });
  await butler.insertRecords("visit_detector_region", regions, { replace: true });
}

/** What was settled of an instrument's frames, for the tasks that stack them. */
export function tiesOf(frames: readonly SettledFrame[]): FrameTies {
  return Object.fromEntries(
    frames.map(({ frame, use, wcs, positions, nanojanskyPerUnit }) => [
      frameKey(frame.info.visitId, frame.info.detectorId),
      {
        use,
        ...(wcs === undefined || positions === "reference" || wcs === frame.wcs
          ? {}
          : { wcs: wcsToCards(wcs) }),
        ...(frame.unit === "nJy" ? {} : { nanojanskyPerUnit }),
      },
    ]),
  );
}

/** The table that tells of each detector of a visit what was settled; names and units as consolidateVisitSummary's. */
function summarise(frames: readonly SettledFrame[]): Table {
  const figure = (name: string): Float64Array =>
    Float64Array.from(frames, ({ frame }) => frame.figures.get(name) ?? Number.NaN);
  const corner = (axis: "raDeg" | "decDeg"): Float64Array =>
    Float64Array.from(
      frames.flatMap((settled) =>
        cornersOf(settled).map((point) => (isOnSky(settled) ? point[axis] : Number.NaN)),
      ),
    );
  const columns: Array<[string, Column]> = [
    ["detector", { data: Int32Array.from(frames, ({ frame }) => frame.info.detectorId) }],
    ["physical_filter", { data: frames.map(({ frame }) => frame.info.physicalFilter) }],
    ["raCorners", { data: corner("raDeg"), width: 4, unit: "deg" }],
    ["decCorners", { data: corner("decDeg"), width: 4, unit: "deg" }],
    ...["sources", "psfStars", "psfSigmaPixels", "psfFwhmArcsec", "pixelScaleArcsec", "noiseScale"].map(
      (name): [string, Column] => [name, { data: figure(name) }],
    ),
    ...["astrometryStars", "astrometryScatterArcsec", "pointingErrorArcsec", "photometryStars"].map(
      (name): [string, Column] => [name, { data: figure(name) }],
    ),
    ...["zeroPoint", "zeroPointErr", "zeroPointScatter"].map((name): [string, Column] => [
      name,
      { data: figure(name), unit: "mag" },
    ]),
    ["elongation", { data: Float64Array.from(frames, ({ verdict }) => verdict.quality.elongation) }],
    ["used", { data: Uint8Array.from(frames, ({ use }) => (use ? 1 : 0)), logical: true }],
    ["reason", { data: frames.map(({ reason }) => reason ?? "") }],
    ["positions", { data: frames.map(({ positions }) => positions) }],
    ["scale", { data: frames.map(({ scale }) => scale) }],
  ];
  return createTable(columns);
}

/** Writes what was settled into the repository: regions of visits, `frame_ties` and `visit_summary` in `run`. */
export async function recordSettled(
  butler: Butler,
  frames: readonly SettledFrame[],
  run: string,
): Promise<void> {
  await butler.registerDatasetType({
    name: "frame_ties",
    dimensions: ["instrument"],
    storageClass: "StructuredDataDict",
    isCalibration: false,
  });
  await butler.registerDatasetType({
    name: "visit_summary",
    dimensions: ["instrument", "visit"],
    storageClass: "ArrowTable",
    isCalibration: false,
  });
  await butler.registerRun(run);
  for (const [instrument, own] of groupBy(frames, ({ frame }) => frame.instrument)) {
    await replaceRegions(butler, instrument, own);
    if ((await butler.findDataset("frame_ties", { instrument }, { collections: run })) === undefined) {
      await butler.put(tiesOf(own), "frame_ties", { instrument }, { run });
    }
    for (const [visit, group] of groupBy(own, ({ frame }) => String(frame.info.visitId))) {
      const dataId = { instrument, visit: Number(visit) };
      if ((await butler.findDataset("visit_summary", dataId, { collections: run })) !== undefined) continue;
      await butler.put(summarise(group), "visit_summary", dataId, { run });
    }
  }
}
