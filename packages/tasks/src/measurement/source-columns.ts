import { type Column, createTable, type Table } from "@almagest/tables";
import { PIXEL_FLAGS } from "./pixel-flags.ts";

/** The columns of a source table while it is filled, by name. */
export interface SourceColumns {
  readonly count: number;
  readonly float: (name: string) => Float64Array;
  readonly int: (name: string) => Int32Array;
  readonly flag: (name: string) => Uint8Array;
}

/** Column name of the aperture flux of a radius: 6 → `ap06Flux`, 4.5 → `ap04_5Flux`. */
export function apertureColumn(radius: number): string {
  const whole = Math.floor(radius);
  const tenths = Math.round((radius - whole) * 10);
  return `ap${String(whole).padStart(2, "0")}${tenths === 0 ? "" : `_${tenths}`}Flux`;
}

interface ColumnPlan {
  readonly name: string;
  readonly kind: "float" | "int" | "flag";
  readonly unit: string;
  readonly doc: string;
}

const float = (name: string, unit: string, doc: string): ColumnPlan => ({ name, kind: "float", unit, doc });
const int = (name: string, doc: string): ColumnPlan => ({ name, kind: "int", unit: "", doc });
const flag = (name: string, doc: string): ColumnPlan => ({ name, kind: "flag", unit: "", doc });

const planPsf = (unit: string): readonly ColumnPlan[] => [
  float("psfFlux", unit, "PSF flux, fitted together with neighbours"),
  float("psfFluxErr", unit, "standard error of psfFlux"),
  flag("psfFlux_flag", "no PSF here, or less than half of it on good pixels"),
];

const planApertures = (radii: readonly number[], unit: string): readonly ColumnPlan[] =>
  radii.flatMap((radius) => {
    const name = apertureColumn(radius);
    return [
      float(name, unit, `flux within ${radius} pixels, neighbours taken away`),
      float(`${name}Err`, unit, `standard error of ${name}`),
      flag(`${name}_flag`, `the circle of ${radius} pixels reaches beyond the image`),
    ];
  });

const planSky = (unit: string): readonly ColumnPlan[] => [
  float("localBackground", unit, "mean sky per pixel around the source, not subtracted"),
  float("localBackgroundErr", unit, "standard error of localBackground"),
];

const planFlags = (where: string): readonly ColumnPlan[] =>
  PIXEL_FLAGS.map(([name, plane, center]) =>
    flag(name, `${plane} ${center ? "within one pixel of the centre" : where}`),
  );

/** What a source table holds, in order; fluxes carry the image's unit. */
export function planSourceColumns(radii: readonly number[], unit: string): readonly ColumnPlan[] {
  return [
    int("sourceIndex", "row number, from 0"),
    int("footprint", "index of the footprint"),
    int("deblend_nPeaks", "peaks in the footprint"),
    float("peakSignificance", "", "S/N of a point source at the detection peak"),
    float("x", "pixel", "centroid, parent pixels, centre of first pixel is 0"),
    float("y", "pixel", "centroid, parent pixels, centre of first pixel is 0"),
    float("xErr", "pixel", "standard error of x"),
    float("yErr", "pixel", "standard error of y"),
    flag("centroid_flag", "centroid failed: x, y are the peak"),
    float("ixx", "pixel2", "adaptive second moment along x"),
    float("iyy", "pixel2", "adaptive second moment along y"),
    float("ixy", "pixel2", "adaptive mixed second moment"),
    flag("shape_flag", "moments failed: they are the PSF's"),
    float("ixxPSF", "pixel2", "adaptive second moment of the PSF along x"),
    float("iyyPSF", "pixel2", "adaptive second moment of the PSF along y"),
    float("ixyPSF", "pixel2", "adaptive mixed second moment of the PSF"),
    ...planPsf(unit),
    ...planApertures(radii, unit),
    float("kronFlux", unit, "flux within 2.5 Kron radii"),
    float("kronFluxErr", unit, "standard error of kronFlux"),
    float("kronRad", "pixel", "Kron radius, geometric mean of the axes"),
    flag("kronFlux_flag", "Kron radius failed: the smallest ellipse is used"),
    float("sizeExcess", "pixel2", "second moment per axis beyond the PSF's, to first order"),
    float("sizeExcessErr", "pixel2", "standard error of sizeExcess"),
    float("extendedness", "", "1 for extended sources, 0 for points"),
    ...planSky(unit),
    flag("deblend_skipped", "footprint too large to deblend with templates"),
    ...planFlags("in the footprint"),
  ];
}

/** What a table of forced fluxes holds, in order. */
export function planForcedColumns(radii: readonly number[], unit: string): readonly ColumnPlan[] {
  return [
    float("x", "pixel", "given position, parent pixels, centre of first pixel is 0"),
    float("y", "pixel", "given position, parent pixels, centre of first pixel is 0"),
    ...planPsf(unit),
    ...planApertures(radii, unit),
    ...planSky(unit),
    ...planFlags("within four pixels of the centre"),
  ];
}

/** Allocates columns and returns access to them and the finished table. */
export function createSourceColumns(
  count: number,
  plan: readonly ColumnPlan[],
  metadata: Readonly<Record<string, string>>,
): SourceColumns & { table(): Table } {
  const columns = new Map<string, Column>();
  for (const { name, kind, unit, doc } of plan) {
    const data =
      kind === "float"
        ? new Float64Array(count).fill(NaN)
        : kind === "int"
          ? new Int32Array(count)
          : new Uint8Array(count);
    columns.set(name, {
      data,
      doc,
      ...(unit ? { unit } : {}),
      ...(kind === "flag" ? { logical: true } : {}),
    });
  }
  return {
    count,
    float: (name) => columns.get(name)!.data as Float64Array,
    int: (name) => columns.get(name)!.data as Int32Array,
    flag: (name) => columns.get(name)!.data as Uint8Array,
    table: () => createTable(columns, metadata),
  };
}
