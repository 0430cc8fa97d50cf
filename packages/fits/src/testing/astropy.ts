import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Hdu } from "../file/hdu.ts";
import { openFits } from "../file/open-fits.ts";
import type { PixelArray } from "../image/pixel-array.ts";
import type { ColumnData } from "../table/table-data.ts";

/** A Python that can import astropy, or undefined. */
export function findAstropy(): string | undefined {
  return ["/usr/bin/python3", "python3"].find(
    (python) => spawnSync(python, ["-c", "import astropy.io.fits"]).status === 0,
  );
}

/** True when cfitsio's fpack and funpack can be run. */
export function hasFpack(): boolean {
  return ["fpack", "funpack"].every((program) => spawnSync(program, ["-V"]).error === undefined);
}

/** What astropy reads of one HDU; see describe-fits.py. */
export interface AstropyHdu {
  readonly name: string;
  /** `unread` where this astropy cannot read what the standard allows. */
  readonly kind: "image" | "table" | "empty" | "unread";
  readonly shape?: readonly number[];
  readonly type?: string;
  readonly sha256?: string;
  readonly mean?: number;
  readonly min?: number;
  readonly max?: number;
  readonly rows?: number;
  readonly columns?: Readonly<
    Record<string, { readonly kind: string; readonly sha256?: string; readonly counts?: readonly number[] }>
  >;
}

/** Lets astropy read files and say what is in them. */
export function describeWithAstropy(python: string, paths: readonly string[]): Record<string, AstropyHdu[]> {
  const script = join(import.meta.dirname, "describe-fits.py");
  return JSON.parse(
    execFileSync(python, [script, ...paths], { encoding: "utf8", maxBuffer: 1 << 28 }),
  ) as Record<string, AstropyHdu[]>;
}

/** Hash of an array's bytes with one NaN for all, as describe-fits.py makes it. */
export function digestPixels(data: PixelArray): string {
  const copy = data.slice();
  if (copy instanceof Float32Array || copy instanceof Float64Array)
    for (let i = 0; i < copy.length; i++) if (Number.isNaN(copy[i])) copy[i] = Number.NaN;
  return createHash("sha256").update(new Uint8Array(copy.buffer)).digest("hex");
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ["Uint8Array", "u1"],
  ["Int8Array", "i1"],
  ["Int16Array", "i2"],
  ["Uint16Array", "u2"],
  ["Int32Array", "i4"],
  ["Uint32Array", "u4"],
  ["BigInt64Array", "i8"],
  ["BigUint64Array", "u8"],
  ["Float32Array", "f4"],
  ["Float64Array", "f8"],
]);

/** The numpy name of an array's type. */
export function numpyType(data: PixelArray): string {
  return TYPES.get(data.constructor.name)!;
}

/** Reads a file here and compares it with astropy's reading; the differences in words. */
export async function compareWithAstropy(path: string, expected: readonly AstropyHdu[]): Promise<string[]> {
  await using file = await openFits(path);
  if (file.hdus.length !== expected.length) return [`${file.hdus.length} HDUs, astropy ${expected.length}`];
  const differences: string[] = [];
  for (const [i, want] of expected.entries()) {
    const found =
      want.kind === "table"
        ? await compareTable(file.hdus[i]!, want)
        : await compareImage(file.hdus[i]!, want);
    differences.push(...found.map((text) => `HDU ${i}: ${text}`));
  }
  return differences;
}

async function compareImage(hdu: Hdu, want: AstropyHdu): Promise<string[]> {
  // astropy 5.2 gives undefined pixels of quantised floats some number instead of NaN; cfitsio judges those.
  if (want.kind === "unread" || (hdu.storedHeader.has("ZBLANK") && hdu.storedHeader.has("ZQUANTIZ")))
    return [];
  const { data, shape } = await hdu.readImage();
  if (want.kind === "empty") return data.length === 0 ? [] : [`${data.length} pixels, astropy none`];
  if (shape.join() !== want.shape!.join()) return [`shape ${shape.join()}, astropy ${want.shape!.join()}`];
  if (numpyType(data) === want.type && digestPixels(data) === want.sha256) return [];
  // Two known differences: astropy scales by BSCALE in single precision (here as cfitsio, in double), and widens integers with BLANK to
  // floats. Then mean, least and greatest value must agree.
  const excused = (hdu.header.getNumber("BSCALE") ?? 1) !== 1 || hdu.header.has("BLANK");
  if (!excused)
    return [`pixels of type ${numpyType(data)} differ from astropy's ${want.type} (mean ${want.mean})`];
  const { mean, min, max } = summarize(data, hdu.header.getNumber("BLANK"));
  const close = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b));
  return close(mean, want.mean!) && close(min, want.min!) && close(max, want.max!)
    ? []
    : [`mean ${mean}, least ${min}, greatest ${max}; astropy ${want.mean}, ${want.min}, ${want.max}`];
}

function summarize(data: PixelArray, blank: number | undefined): { mean: number; min: number; max: number } {
  const values = Float64Array.from(data as Float64Array, Number).filter(
    (value) => Number.isFinite(value) && value !== blank,
  );
  const sum = values.reduce((total, value) => total + value, 0);
  return {
    mean: sum / Math.max(values.length, 1),
    min: values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
    max: values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
  };
}

async function compareTable(hdu: Hdu, want: AstropyHdu): Promise<string[]> {
  const table = await hdu.readTable();
  if (table.rows !== want.rows) return [`${table.rows} rows, astropy ${want.rows}`];
  return Object.entries(want.columns!).flatMap(([name, column]) => {
    const read = table.columns.get(name);
    if (read === undefined) return [`no column ${name}`];
    const same = compareColumn(read, column);
    return same ? [] : [`column ${name} (${read.format}) differs from astropy's ${column.kind}`];
  });
}

function compareColumn(
  read: ColumnData,
  want: { readonly kind: string; readonly sha256?: string; readonly counts?: readonly number[] },
): boolean {
  if (want.kind === "arrays")
    return want.counts!.every((count, row) => (read.data[row] as { length: number }).length === count);
  if (want.kind === "strings") {
    const text = (read.data as string[]).map((value) => value.trimEnd()).join("\n");
    return createHash("sha256").update(Buffer.from(text, "latin1")).digest("hex") === want.sha256;
  }
  return digestPixels(read.data as PixelArray) === want.sha256;
}
