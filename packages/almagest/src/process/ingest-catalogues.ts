import { createHash } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Butler } from "@almagest/butler";
import { createHtmPixelization, createUnitVector, wrapDegrees } from "@almagest/sphere";
import {
  type Column,
  concatTables,
  createTable,
  getNumbers,
  type Table,
  takeRows,
  withColumns,
  writeParquet,
} from "@almagest/tables";
import { readPositions } from "@almagest/tasks";
import { ingestReference } from "../survey/ingest-reference.ts";
import { readCatalogueFile } from "./read-catalogue-file.ts";

/** A reference catalogue in the repository. */
export interface IngestedCatalogue {
  /** RUN that holds its shards; undefined when none was given. */
  readonly run: string | undefined;
  readonly stars: number;
  /** Its positions, degrees. */
  readonly raDeg: Float64Array;
  readonly decDeg: Float64Array;
}

/** HTM level of reference shards. */
const LEVEL = 7;

/**
 * Puts reference catalogues into the repository as shards by HTM pixel, in a run named after their contents: the same files
 * again are the same run. Stars of catalogues with proper motions (Gaia's columns) are moved to `epochYear`. Throws `ALMAGEST.CATALOGUE_UNREADABLE`, `TASKS.REFERENCE_COLUMNS`.
 */
export async function ingestCatalogues(
  butler: Butler,
  paths: readonly string[],
  folder: string,
  epochYear: number | undefined,
): Promise<IngestedCatalogue> {
  if (paths.length === 0) {
    return { run: undefined, stars: 0, raDeg: new Float64Array(0), decDeg: new Float64Array(0) };
  }
  const digest = createHash("sha256");
  const tables: Table[] = [];
  for (const path of paths) {
    const table = await readCatalogueFile(path);
    const moves = epochYear !== undefined && hasProperMotions(table);
    tables.push(normalise(moves ? movePositions(table, epochYear) : table));
    digest.update(await readFile(path));
    if (moves) digest.update(epochYear.toFixed(1));
  }
  const stars = joinColumns(tables);
  const run = `refcats/${digest.digest("hex").slice(0, 12)}`;
  const raDeg = stars.columns.get("coord_ra")!.data as Float64Array;
  const decDeg = stars.columns.get("coord_dec")!.data as Float64Array;
  const result = { run, stars: stars.rows, raDeg, decDeg };
  if (await holdsShards(butler, run)) return result;
  await mkdir(folder, { recursive: true });
  const shards: Array<{ htm7: number; path: string }> = [];
  for (const [htm7, rows] of groupByPixel(raDeg, decDeg)) {
    const path = join(folder, `${htm7}.parquet`);
    await writeParquet(path, takeRows(stars, rows));
    shards.push({ htm7, path });
  }
  await ingestReference(butler, shards, "move", run);
  await rm(folder, { recursive: true });
  return result;
}

/** Whether a run holds a catalogue: its shards come in one transaction, so some means all. */
async function holdsShards(butler: Butler, run: string): Promise<boolean> {
  const known = await butler.queryCollections("refcats/*");
  if (!known.some(({ name }) => name === run)) return false;
  return (await butler.queryDatasets("refcat", { collections: run, limit: 1 })).length > 0;
}

const hasProperMotions = (table: Table): boolean =>
  ["ra", "dec", "pmra", "pmdec", "ref_epoch"].every((name) => table.columns.has(name));

/** A catalogue with its stars where their proper motions (mas per year, Gaia's columns) take them by `epochYear`. */
export function movePositions(table: Table, epochYear: number): Table {
  const [ra, dec, pmra, pmdec, epoch] = ["ra", "dec", "pmra", "pmdec", "ref_epoch"].map((name) =>
    getNumbers(table, name),
  );
  const degrees = (masPerYear: number, k: number): number => {
    const moved = (masPerYear * (epochYear - epoch![k]!)) / 3.6e6;
    return Number.isFinite(moved) ? moved : 0;
  };
  return withColumns(table, {
    ra: {
      data: ra!.map((value, k) => value + degrees(pmra![k]!, k) / Math.cos((dec![k]! * Math.PI) / 180)),
      unit: "deg",
    },
    dec: { data: dec!.map((value, k) => value + degrees(pmdec![k]!, k)), unit: "deg" },
  });
}

/** The numeric columns of a catalogue, positions first in degrees under LSST's names; rows without position left out. */
function normalise(table: Table): Table {
  const { raDeg, decDeg } = readPositions(table);
  const columns: Array<[string, Column]> = [
    ["coord_ra", { data: raDeg.map(wrapDegrees), unit: "deg" }],
    ["coord_dec", { data: decDeg, unit: "deg" }],
  ];
  for (const [name, column] of table.columns) {
    if (
      Array.isArray(column.data) ||
      (column.width ?? 1) !== 1 ||
      name === "coord_ra" ||
      name === "coord_dec"
    )
      continue;
    const data = Float64Array.from(column.data as ArrayLike<number | bigint>, Number);
    columns.push([name, { data, ...(column.unit === undefined ? {} : { unit: column.unit }) }]);
  }
  const rows: number[] = [];
  for (let row = 0; row < table.rows; row++) {
    if (Number.isFinite(raDeg[row]!) && Math.abs(decDeg[row]!) <= 90) rows.push(row);
  }
  return takeRows(createTable(columns), rows);
}

/** Catalogues one under the other; what one of them does not have is NaN there. */
function joinColumns(tables: readonly Table[]): Table {
  const all = new Map(tables.flatMap((table) => [...table.columns]));
  const filled = tables.map((table) =>
    createTable(
      [...all].map(([name, { unit }]): [string, Column] => [
        name,
        table.columns.get(name) ?? {
          data: new Float64Array(table.rows).fill(Number.NaN),
          ...(unit === undefined ? {} : { unit }),
        },
      ]),
    ),
  );
  return concatTables(filled);
}

function groupByPixel(raDeg: Float64Array, decDeg: Float64Array): Map<number, number[]> {
  const pixels = createHtmPixelization(LEVEL);
  const rowsOf = new Map<number, number[]>();
  for (let row = 0; row < raDeg.length; row++) {
    const pixel = pixels.indexOf(createUnitVector(raDeg[row]!, decDeg[row]!));
    const rows = rowsOf.get(pixel);
    if (rows === undefined) rowsOf.set(pixel, [row]);
    else rows.push(row);
  }
  return rowsOf;
}
