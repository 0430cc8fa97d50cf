import type { SkyMap } from "@almagest/sphere";
import { type Column, createTable, type Table } from "@almagest/tables";

/** What one patch contributes to the object table. */
export interface PatchObjects {
  readonly tract: number;
  readonly patch: number;
  readonly positions: Table;
  /** By band: detections of that band, and forced measurements parallel to `positions`. */
  readonly bands: ReadonlyMap<string, BandTables>;
}

/** What is measured in one band. */
export interface BandTables {
  readonly sources: Table;
  readonly forced: Table;
}

/** Columns taken from each band's own detection, by their name there. */
const DETECTION_COLUMNS = ["kronFlux", "kronFluxErr", "kronRad", "ixx", "iyy", "ixy", "extendedness"];
/** Columns of identity and position that the forced table repeats. */
const SKIPPED_FORCED = new Set(["sourceIndex", "footprint", "x", "y", "deblend_nPeaks", "peakSignificance"]);

function pickRows(column: Column, rows: Int32Array): Column {
  const data = Float64Array.from(rows, (row) => (row < 0 ? Number.NaN : Number(column.data[row]!)));
  const { logical: _, ...rest } = column;
  return { ...rest, data };
}

/** A column of `count` rows that says "not measured": NaN, or 1 for a failure flag. */
function blankColumn(name: string, column: Column, count: number): Column {
  if (column.logical) return { ...column, data: new Uint8Array(count).fill(name.endsWith("_flag") ? 1 : 0) };
  return { ...column, data: new Float64Array(count).fill(Number.NaN) };
}

/**
 * The object rows of one patch: identity, position, whether this patch is where the object belongs, and every band of
 * `bands`, whose tables (of any patch) say which columns a band without a coadd here has, blank.
 */
export function createObjectRows(
  objects: PatchObjects,
  skyMap: SkyMap,
  bands: ReadonlyMap<string, BandTables>,
): Table {
  const { positions } = objects;
  const count = positions.rows;
  const tract = skyMap.tract(objects.tract);
  const { innerBox } = tract.patch(objects.patch);
  const x = positions.columns.get("x")!.data as Float64Array;
  const y = positions.columns.get("y")!.data as Float64Array;
  const ra = positions.columns.get("coord_ra")!.data as Float64Array;
  const dec = positions.columns.get("coord_dec")!.data as Float64Array;
  const primary = new Uint8Array(count);
  for (let k = 0; k < count; k++) {
    // Pixel centres are whole numbers: a box reaches half a pixel beyond its first and last.
    const inPatch =
      x[k]! >= innerBox.x0 - 0.5 &&
      x[k]! < innerBox.x0 + innerBox.width - 0.5 &&
      y[k]! >= innerBox.y0 - 0.5 &&
      y[k]! < innerBox.y0 + innerBox.height - 0.5;
    primary[k] = inPatch && skyMap.findTract(ra[k]!, dec[k]!).id === objects.tract ? 1 : 0;
  }
  const firstId = (BigInt(objects.tract) * 65536n + BigInt(objects.patch)) * 2n ** 24n;
  const columns: Array<[string, Column]> = [
    [
      "objectId",
      {
        data: BigInt64Array.from({ length: count }, (_, k) => firstId + BigInt(k)),
        doc: "Unique id: (tract × 65536 + patch) × 2^24 + row.",
      },
    ],
    ["tract", { data: new Int32Array(count).fill(objects.tract), doc: "Tract." }],
    ["patch", { data: new Int32Array(count).fill(objects.patch), doc: "Patch." }],
    [
      "detect_isPrimary",
      { data: primary, logical: true, doc: "This row is the one to use for this place of the sky." },
    ],
  ];
  for (const name of ["coord_ra", "coord_dec", "coord_err", "x", "y", "refBand"]) {
    columns.push([name, positions.columns.get(name)!]);
  }
  columns.push(["refExtendedness", refExtendedness(objects)]);
  for (const [band, template] of bands) columns.push(...bandColumns(objects, band, template));
  return createTable(columns);
}

function refExtendedness(objects: PatchObjects): Column {
  const refBand = objects.positions.columns.get("refBand")!.data as string[];
  const data = Float64Array.from(refBand, (band, k) => {
    const row = Number(objects.positions.columns.get(`${band}_row`)!.data[k]!);
    return Number(objects.bands.get(band)!.sources.columns.get("extendedness")!.data[row]!);
  });
  return { data, doc: "1 for extended objects, 0 for points, in refBand." };
}

function bandColumns(objects: PatchObjects, band: string, template: BandTables): Array<[string, Column]> {
  const count = objects.positions.rows;
  const known = objects.bands.get(band);
  const rows =
    (objects.positions.columns.get(`${band}_row`)?.data as Int32Array | undefined) ??
    new Int32Array(count).fill(-1);
  const columns: Array<[string, Column]> = [
    [
      `${band}_detected`,
      {
        data: Uint8Array.from(rows, (row) => (row >= 0 ? 1 : 0)),
        logical: true,
        doc: `Detected in ${band} by itself.`,
      },
    ],
  ];
  for (const name of DETECTION_COLUMNS) {
    const column = (known ?? template).sources.columns.get(name);
    if (column !== undefined) columns.push([`${band}_${name}`, pickRows(column, rows)]);
  }
  for (const [name, column] of (known ?? template).forced.columns) {
    if (SKIPPED_FORCED.has(name)) continue;
    columns.push([`${band}_${name}`, known === undefined ? blankColumn(name, column, count) : column]);
  }
  return columns;
}
