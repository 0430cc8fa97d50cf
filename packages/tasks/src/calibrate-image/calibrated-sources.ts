import type { SkyWcs } from "@almagest/sphere";
import { type Column, createTable, getNumbers, type Table } from "@almagest/tables";

/** A unit that becomes nJy when multiplied: fluxes and surface brightnesses of the measured image. */
const isFluxColumn = (name: string): boolean =>
  /Flux(Err)?$/.test(name) || name === "localBackground" || name === "localBackgroundErr";

/**
 * The source table in physical units: fluxes in nJy where a flux scale is given, and `coord_ra`, `coord_dec` (degrees) with
 * errors in front where positions are solved. Adds the identity columns of visit and detector.
 */
export function calibrateSources(
  sources: Table,
  calibration: {
    readonly wcs: SkyWcs | undefined;
    readonly nanojanskyPerUnit: number | undefined;
    readonly visit: number;
    readonly detector: number;
    readonly band: string;
  },
): Table {
  const { rows } = sources;
  const columns = new Map<string, Column>();
  const firstId = (BigInt(calibration.visit) * 1024n + BigInt(calibration.detector)) * 2n ** 20n;
  columns.set("sourceId", {
    data: BigInt64Array.from({ length: rows }, (_, i) => firstId + BigInt(i)),
    doc: "Unique id: (visit × 1024 + detector) × 2^20 + row.",
  });
  columns.set("visit", {
    data: BigInt64Array.from({ length: rows }, () => BigInt(calibration.visit)),
    doc: "Visit.",
  });
  columns.set("detector", { data: new Int32Array(rows).fill(calibration.detector), doc: "Detector." });
  columns.set("band", { data: new Array<string>(rows).fill(calibration.band), doc: "Band." });
  if (calibration.wcs !== undefined) addPositions(columns, sources, calibration.wcs);
  const factor = calibration.nanojanskyPerUnit;
  for (const [name, column] of sources.columns) {
    if (factor !== undefined && isFluxColumn(name)) {
      const data = Float64Array.from(getNumbers(sources, name), (value) => value * factor);
      columns.set(name, { ...column, data, unit: "nJy" });
    } else columns.set(name, column);
  }
  return createTable(columns, sources.metadata);
}

function addPositions(columns: Map<string, Column>, sources: Table, wcs: SkyWcs): void {
  const x = Float64Array.from(getNumbers(sources, "x"));
  const y = Float64Array.from(getNumbers(sources, "y"));
  const ra = new Float64Array(x.length);
  const dec = new Float64Array(x.length);
  wcs.pixelToSkyArrays(x, y, ra, dec);
  const xErr = getNumbers(sources, "xErr");
  const yErr = getNumbers(sources, "yErr");
  const error = Float64Array.from(
    x,
    (_, i) => (Math.sqrt((xErr[i]! ** 2 + yErr[i]! ** 2) / 2) * wcs.pixelScaleArcsec(x[i]!, y[i]!)) / 3600,
  );
  columns.set("coord_ra", { data: ra, unit: "deg", doc: "Right ascension, ICRS." });
  columns.set("coord_dec", { data: dec, unit: "deg", doc: "Declination, ICRS." });
  columns.set("coord_err", { data: error, unit: "deg", doc: "Standard error per coordinate on the sky." });
}
