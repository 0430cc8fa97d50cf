import type { Butler } from "@almagest/butler";
import { type Column, concatTables, createTable, getColumn, getNumbers, type Table } from "@almagest/tables";
import { isOnSky, type SettledFrame } from "./settled-frame.ts";
import type { Stacked } from "./stack-fields.ts";

const SOURCE_FLUXES = ["psfFlux", "ap06Flux", "ap12Flux", "kronFlux"];

const numbers = (data: Float64Array, unit: string, doc: string): Column => ({ data, unit, doc });
const magnitudes = (flux: Float64Array): Float64Array =>
  flux.map((value) => (value > 0 ? 31.4 - 2.5 * Math.log10(value) : Number.NaN));

/** Flux and magnitude columns of one band. */
function bandColumns(band: string, fluxes: ReadonlyMap<string, Float64Array>): Array<[string, Column]> {
  const psf = fluxes.get("psfFlux")!;
  const psfErr = fluxes.get("psfFluxErr")!;
  const columns: Array<[string, Column]> = [
    [`${band}_mag`, numbers(magnitudes(psf), "mag", `AB magnitude in ${band} from psfFlux.`)],
    [
      `${band}_magErr`,
      numbers(
        psf.map((value, k) => (value > 0 ? (1.0857 * psfErr[k]!) / value : Number.NaN)),
        "mag",
        `Standard error of ${band}_mag.`,
      ),
    ],
  ];
  for (const [name, flux] of fluxes)
    columns.push([`${band}_${name}`, numbers(flux, "nJy", `${name} in ${band}.`)]);
  return columns;
}

interface Part {
  readonly field: number;
  readonly onSky: boolean;
  readonly rows: number;
  readonly ra: Float64Array;
  readonly dec: Float64Array;
  readonly err: Float64Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly extended: Float64Array;
  readonly bands: ReadonlyMap<string, ReadonlyMap<string, Float64Array>>;
}

/** Objects of one stacked field. */
function partOfObjects(objects: Table, field: number, onSky: boolean): Part {
  const primary = getColumn(objects, "detect_isPrimary").data;
  const rows = Array.from({ length: objects.rows }, (_, k) => k).filter((k) => Number(primary[k]!) === 1);
  const pick = (name: string): Float64Array => {
    const data = getNumbers(objects, name);
    return Float64Array.from(rows, (k) => data[k]!);
  };
  const bands = [...objects.columns.keys()].flatMap((name) => /^(.+)_detected$/.exec(name)?.[1] ?? []);
  return {
    field,
    onSky,
    rows: rows.length,
    ra: pick("coord_ra"),
    dec: pick("coord_dec"),
    err: pick("coord_err"),
    x: pick("x"),
    y: pick("y"),
    extended: pick("refExtendedness"),
    bands: new Map(
      bands.map((band) => [
        band,
        new Map(
          SOURCE_FLUXES.flatMap((name) => [name, `${name}Err`])
            .filter((name) => objects.columns.has(`${band}_${name}`))
            .map((name) => [name, pick(`${band}_${name}`)] as const),
        ),
      ]),
    ),
  };
}

/** Sources of one frame that stands alone. */
function partOfFrame(settled: SettledFrame): Part {
  const { frame, wcs, nanojanskyPerUnit, field } = settled;
  const { sources } = frame;
  const x = getNumbers(sources, "x");
  const y = getNumbers(sources, "y");
  const ra = new Float64Array(sources.rows);
  const dec = new Float64Array(sources.rows);
  wcs!.pixelToSkyArrays(x, y, ra, dec);
  const xErr = getNumbers(sources, "xErr");
  return {
    field,
    onSky: isOnSky(settled),
    rows: sources.rows,
    ra,
    dec,
    err: xErr.map((error, k) => (error * wcs!.pixelScaleArcsec(x[k]!, y[k]!)) / 3600),
    x,
    y,
    extended: getNumbers(sources, "extendedness"),
    bands: new Map([
      [
        frame.info.band,
        new Map(
          SOURCE_FLUXES.flatMap((name) => [name, `${name}Err`]).map(
            (name) => [name, getNumbers(sources, name).map((flux) => flux * nanojanskyPerUnit)] as const,
          ),
        ),
      ],
    ]),
  };
}

function toTable(part: Part, bands: readonly string[], names: readonly string[]): Table {
  const blank = (): Float64Array => new Float64Array(part.rows).fill(Number.NaN);
  const sky = (data: Float64Array): Float64Array => (part.onSky ? data : blank());
  const columns: Array<[string, Column]> = [
    [
      "field",
      { data: new Int32Array(part.rows).fill(part.field), doc: "Field: frames that overlap share one." },
    ],
    ["coord_ra", numbers(sky(part.ra), "deg", "Right ascension, ICRS; empty where positions are not known.")],
    ["coord_dec", numbers(sky(part.dec), "deg", "Declination, ICRS; empty where positions are not known.")],
    ["coord_err", numbers(sky(part.err), "deg", "Standard error per coordinate.")],
    [
      "x",
      numbers(part.x, "pixel", "On the field's stack, or the frame where it stands alone; first pixel is 0."),
    ],
    [
      "y",
      numbers(part.y, "pixel", "On the field's stack, or the frame where it stands alone; first pixel is 0."),
    ],
    ["extendedness", { data: part.extended, doc: "1 for extended objects, 0 for points." }],
  ];
  for (const band of bands) {
    const own = part.bands.get(band);
    columns.push(...bandColumns(band, new Map(names.map((name) => [name, own?.get(name) ?? blank()]))));
  }
  return createTable(columns);
}

/** Frames whose field is not stacked: the only good one of their field, or, with none, a rejected one. */
function loneFrames(frames: readonly SettledFrame[], stacked: ReadonlySet<number>): SettledFrame[] {
  const fields = new Set(frames.map(({ field }) => field).filter((field) => !stacked.has(field)));
  return [...fields].flatMap((field) => frames.filter((frame) => frame.field === field && frame.use));
}

/**
 * The catalogue of everything: objects of stacked fields, and sources of frames that stand alone, with fluxes in nJy and AB
 * magnitudes in every band.
 */
export async function buildCatalogue(
  butler: Butler,
  frames: readonly SettledFrame[],
  { map, run }: Stacked,
): Promise<Table> {
  const parts: Part[] = [];
  const stacked = new Set<number>();
  if (map !== undefined && run !== undefined) {
    for (const ref of await butler.queryDatasets("object", { collections: run })) {
      const { field } = map.fields.find(({ tract }) => tract === ref.dataId.tract)!;
      const onSky = frames.some((frame) => frame.field === field && isOnSky(frame));
      parts.push(partOfObjects((await butler.get(ref)) as Table, field, onSky));
      stacked.add(field);
    }
  }
  for (const frame of loneFrames(frames, stacked)) parts.push(partOfFrame(frame));
  const bands = [...new Set(parts.flatMap((part) => [...part.bands.keys()]))].sort();
  const names = [
    ...new Set(parts.flatMap((part) => [...part.bands.values()].flatMap((own) => [...own.keys()]))),
  ];
  const tables = parts.map((part) => toTable(part, bands, names));
  return tables.length === 0 ? createTable({}) : concatTables(tables);
}

/** Every source of every measured frame, rejected ones included, with settled positions and fluxes in nJy. */
export function buildSources(frames: readonly SettledFrame[]): Table {
  const tables = frames.map((settled) => {
    const { frame, use } = settled;
    const part = partOfFrame(settled);
    const fluxes = part.bands.get(frame.info.band)!;
    const text = (value: string): Column => ({ data: new Array<string>(part.rows).fill(value) });
    const columns: Array<[string, Column]> = [
      ["file", text(frame.path.split("/").at(-1)!)],
      ["band", text(frame.info.band)],
      ["used", { data: new Uint8Array(part.rows).fill(use ? 1 : 0), logical: true }],
    ];
    const blank = new Float64Array(part.rows).fill(Number.NaN);
    columns.push(
      ["coord_ra", numbers(part.onSky ? part.ra : blank, "deg", "Right ascension, ICRS.")],
      ["coord_dec", numbers(part.onSky ? part.dec : blank, "deg", "Declination, ICRS.")],
    );
    columns.push(["mag", numbers(magnitudes(fluxes.get("psfFlux")!), "mag", "AB magnitude from psfFlux.")]);
    const skipped = /^(coord_|band$)/;
    for (const [name, column] of frame.sources.columns) {
      if (skipped.test(name)) continue;
      const isFlux = /Flux(Err)?$/.test(name) || /^localBackground(Err)?$/.test(name);
      const data = isFlux
        ? getNumbers(frame.sources, name).map((flux) => flux * settled.nanojanskyPerUnit)
        : column.data;
      columns.push([name, { ...column, data, ...(isFlux ? { unit: "nJy" } : {}) }]);
    }
    return createTable(columns);
  });
  return tables.length === 0 ? createTable({}) : concatTables(tables);
}
