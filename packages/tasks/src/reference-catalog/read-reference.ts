import { AlmagestError } from "@almagest/base";
import { nanojanskyFromAbMag } from "@almagest/images";
import { type Column, getNumbers, type Table } from "@almagest/tables";
import { type ReferenceObjects, sortByFlux } from "./reference-objects.ts";

/** Names under which catalogues give positions, most specific first. */
const POSITION_COLUMNS: ReadonlyArray<readonly [ra: string, dec: string]> = [
  ["coord_ra", "coord_dec"],
  ["ra", "dec"],
  ["RA", "DEC"],
  ["Ra", "Dec"],
  ["raMean", "decMean"],
  ["RAJ2000", "DEJ2000"],
  ["RA_ICRS", "DE_ICRS"],
  ["ALPHA_J2000", "DELTA_J2000"],
  ["ra_deg", "dec_deg"],
];

interface FluxSource {
  readonly column: string;
  readonly isMagnitude: boolean;
  readonly error: string | undefined;
}

const numeric = (column: Column): boolean => !Array.isArray(column.data) && (column.width ?? 1) === 1;

/** The column that holds brightness in `band`: LSST-style nJy fluxes first, then magnitudes in their many spellings. */
function findFlux(table: Table, band: string): FluxSource | undefined {
  const names = [...table.columns.keys()].filter((name) => numeric(table.columns.get(name)!));
  const lookup = new Map(names.map((name) => [name.toLowerCase(), name]));
  const first = (candidates: readonly string[]): string | undefined => {
    for (const candidate of candidates) {
      const name = lookup.get(candidate.toLowerCase());
      if (name !== undefined) return name;
    }
    return undefined;
  };
  const wanted = [band, "r", "g", "i"];
  for (const b of [...new Set(wanted.filter((name) => name !== ""))]) {
    const flux = first([`${b}_flux`, `lsst_${b}_flux`, `monster_ComCam_${b}_flux`, `flux_${b}`]);
    if (flux !== undefined)
      return { column: flux, isMagnitude: false, error: lookup.get(`${flux}err`.toLowerCase()) };
    const magnitude = first([
      `${b}_mag`,
      `${b}mag`,
      `mag_${b}`,
      `psfmag_${b}`,
      `${b}psfmag`,
      `${b}meanpsfmag`,
      `${b}_psf`,
      `${b}mmu`,
      b,
    ]);
    if (magnitude !== undefined) {
      const error = first([
        `${magnitude}err`,
        `${magnitude}_err`,
        `e_${magnitude}`,
        `err_${magnitude}`,
        `${b}err`,
        `${b}_err`,
        `${b}mmerr`,
        `${b}magerr`,
        `magerr_${b}`,
        `psfmagerr_${b}`,
      ]);
      return { column: magnitude, isMagnitude: true, error };
    }
  }
  const gaia = first(["phot_g_mean_flux"]);
  if (gaia !== undefined)
    return { column: gaia, isMagnitude: false, error: lookup.get(`${gaia}err`.toLowerCase()) };
  const gaiaMagnitude = first(["phot_g_mean_mag", "gmag", "mag"]);
  return gaiaMagnitude === undefined
    ? undefined
    : { column: gaiaMagnitude, isMagnitude: true, error: undefined };
}

/** Degrees of a position column: by its unit, or, for LSST's `coord_…` without unit, radians. */
function toDegrees(table: Table, name: string): Float64Array {
  const column = table.columns.get(name)!;
  const values = Float64Array.from(getNumbers(table, name));
  const unit = column.unit?.trim().toLowerCase() ?? "";
  const radians = unit.startsWith("rad") || (unit === "" && name.startsWith("coord_"));
  return radians ? values.map((value) => (value * 180) / Math.PI) : values;
}

/** Positions of a catalogue in degrees, parallel to its rows. Throws `TASKS.REFERENCE_COLUMNS` when no columns are recognised. */
export function readPositions(table: Table): { readonly raDeg: Float64Array; readonly decDeg: Float64Array } {
  const position = POSITION_COLUMNS.find(([a, b]) => table.columns.has(a) && table.columns.has(b));
  if (position === undefined) {
    throw new AlmagestError(
      "TASKS.REFERENCE_COLUMNS",
      "The reference catalogue has no position columns that are known here (coord_ra/coord_dec, ra/dec, RAJ2000/DEJ2000 …); " +
        `it has ${[...table.columns.keys()].slice(0, 12).join(", ")}. Rename them.`,
      { fields: { columns: [...table.columns.keys()] } },
    );
  }
  return { raDeg: toDegrees(table, position[0]), decDeg: toDegrees(table, position[1]) };
}

/**
 * Reference stars of one or more tables, brightest first, with their flux in `band` or the nearest thing the catalogue has.
 * Knows LSST reference shards (radians, nJy) and ordinary catalogues (degrees, magnitudes taken as AB). Throws
 * `TASKS.REFERENCE_COLUMNS` when no position columns are recognised.
 */
export function readReference(tables: readonly Table[], band: string): ReferenceObjects {
  const ra: number[] = [];
  const dec: number[] = [];
  const flux: number[] = [];
  const fluxErr: number[] = [];
  let fluxColumn: string | undefined;
  for (const table of tables) {
    const { raDeg, decDeg } = readPositions(table);
    const source = findFlux(table, band);
    fluxColumn ??= source?.column;
    const values = source === undefined ? undefined : getNumbers(table, source.column);
    const errors = source?.error === undefined ? undefined : getNumbers(table, source.error);
    for (let i = 0; i < table.rows; i++) {
      if (!Number.isFinite(raDeg[i]!) || !Number.isFinite(decDeg[i]!)) continue;
      ra.push(raDeg[i]!);
      dec.push(decDeg[i]!);
      const value = values?.[i] ?? Number.NaN;
      const error = errors?.[i] ?? Number.NaN;
      if (source?.isMagnitude) {
        const good = value > -5 && value < 40;
        flux.push(good ? nanojanskyFromAbMag(value) : Number.NaN);
        // An unstated error is taken as 2 %: enough to weigh stars alike, not to distrust them.
        const relative = error > 0 && error < 1 ? error / 1.0857 : 0.02;
        fluxErr.push(good ? nanojanskyFromAbMag(value) * relative : Number.NaN);
      } else {
        flux.push(value > 0 ? value : Number.NaN);
        fluxErr.push(error >= 0 ? error : value * 0.02);
      }
    }
  }
  return sortByFlux({
    raDeg: Float64Array.from(ra),
    decDeg: Float64Array.from(dec),
    flux: Float64Array.from(flux),
    fluxErr: Float64Array.from(fluxErr),
    fluxColumn,
  });
}
