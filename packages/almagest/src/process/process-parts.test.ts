import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createRandom } from "@almagest/base";
import { createTable, getNumbers } from "@almagest/tables";
import { findFiles } from "../survey/find-files.ts";
import type { EpochComparison } from "./compare-epochs.ts";
import { findDoubledStars } from "./find-doubled-stars.ts";
import { groupPlaces } from "./group-frames.ts";
import { movePositions } from "./ingest-catalogues.ts";
import { linkMovers } from "./link-movers.ts";
import { parseCsv } from "./read-catalogue-file.ts";
import { withSettings } from "./run-stage.ts";
import { writeCsv } from "./write-csv.ts";

const folder = await mkdtemp(join(tmpdir(), "process-parts-"));
after(() => rm(folder, { recursive: true }));

/** Stars strewn at random over a square, with the brightest first. */
function strew(seed: string, count: number, side: number) {
  const random = createRandom(seed);
  return {
    x: Float64Array.from({ length: count }, () => side * random.uniform()),
    y: Float64Array.from({ length: count }, () => side * random.uniform()),
  };
}

test("stars strewn at random are not taken for doubled ones, in a hundred fields from sparse to crowded", () => {
  for (let k = 0; k < 100; k++) {
    const stars = strew(`field ${k}`, 10 + 2 * k, 1000);
    assert.equal(findDoubledStars(stars, 300, 4), undefined, `field ${k}`);
  }
});

test("a jump of the telescope is found with its offset, also among stars that show once", () => {
  const once = strew("jump", 60, 1000);
  const random = createRandom("scatter");
  const x = [...once.x];
  const y = [...once.y];
  for (let k = 0; k < 25; k++) {
    x.push(once.x[k]! + 120 + 0.5 * random.normal());
    y.push(once.y[k]! - 35 + 0.5 * random.normal());
  }
  const found = findDoubledStars({ x: Float64Array.from(x), y: Float64Array.from(y) }, 300, 4);
  assert.ok(found !== undefined);
  assert.ok(Math.hypot(found.dx - 120, found.dy + 35) < 1, `${found.dx}, ${found.dy}`);
});

test("folders give their FITS files at any depth, named files are taken whatever their name", async () => {
  await mkdir(join(folder, "night", "deep"), { recursive: true });
  for (const name of ["a.fits", "b.FIT.gz", "deep/c.fts", "log.txt"])
    await writeFile(join(folder, "night", name), "");
  const { paths, refused } = await findFiles([
    join(folder, "night"),
    join(folder, "night/log.txt"),
    join(folder, "x"),
  ]);
  assert.deepEqual(
    paths.map((path) => path.slice(folder.length + 7)),
    ["a.fits", "b.FIT.gz", "deep/c.fts", "log.txt"],
  );
  assert.deepEqual(refused, [{ path: join(folder, "x"), reason: "there is no such file or folder" }]);
});

test("places that touch through others are one field", () => {
  const at = (raDeg: number, radiusDeg: number) => ({ raDeg, decDeg: 0, radiusDeg, pixelScaleArcsec: 1 });
  assert.deepEqual(
    groupPlaces([at(10, 0.6), at(12, 0.6), at(11, 0.6), at(359.9, 0.2), at(0.1, 0.2)]),
    [0, 0, 0, 1, 1],
  );
});

test("CSV with comments, quotes, blanks and other separators becomes columns of numbers and texts", () => {
  const table = parseCsv('# made by hand\nra;name;mag\n1.5;"a;b";\n2.5;c;18.25\n');
  assert.deepEqual([...getNumbers(table, "ra")], [1.5, 2.5]);
  assert.deepEqual([...getNumbers(table, "mag")], [Number.NaN, 18.25]);
  assert.deepEqual(table.columns.get("name")!.data, ["a;b", "c"]);
  assert.deepEqual([...parseCsv("# ra, dec\n1, 2\n").columns.keys()], ["ra", "dec"]);
});

test("a table written as CSV reads back the same, with nothing for what is not known", async () => {
  const path = join(folder, "table.csv");
  const table = createTable({ x: Float64Array.of(1.25, Number.NaN), label: ["plain", 'a "word", quoted'] });
  await writeCsv(path, table);
  const back = parseCsv(await readFile(path, "utf8"));
  assert.deepEqual([...getNumbers(back, "x")], [1.25, Number.NaN]);
  assert.deepEqual(back.columns.get("label")!.data, table.columns.get("label")!.data);
});

test("settings are added to the tasks they name, after what the pipeline file says", () => {
  const task = { label: "a", className: "A", overrides: [], source: "file" };
  const pipeline = {
    description: "",
    tasks: new Map([["a", task]]),
    parameters: {},
    contracts: [],
    subsets: new Map(),
    steps: [],
  };
  const changed = withSettings(pipeline, { a: { size: 3 }, absent: { size: 4 } });
  assert.deepEqual([...changed.tasks.keys()], ["a"]);
  assert.deepEqual(
    changed.tasks.get("a")!.overrides.map((one) => one.kind === "field" && [one.path, one.value]),
    [["size", 3]],
  );
});

/** A comparison whose first epoch shows some sources that the second does not. */
function comparisonOf(
  hour: number,
  lone: ReadonlyArray<readonly [raDeg: number, decDeg: number]>,
): EpochComparison {
  const frame = { field: 0, frame: { info: { beginTaiNs: BigInt(Math.round(hour * 3.6e12)) } } };
  const sources = lone.map(([raDeg, decDeg]) => ({
    epoch: 1,
    raDeg,
    decDeg,
    x: 0,
    y: 0,
    magnitude: 20,
    snr: 30,
  }));
  return { first: frame, second: frame, lone: sources } as unknown as EpochComparison;
}

test("two sightings within hours at the speed of an asteroid are linked; at one place, or too far apart, they are not", () => {
  const movers = linkMovers([
    comparisonOf(1, [
      [10, 0],
      [10.2, 0.1],
    ]),
    comparisonOf(1.5, [
      [10 + 15 / 3600, 0],
      [10.2, 0.1],
      [11, 1],
    ]),
    comparisonOf(40, [[10 + 30 / 3600, 0]]),
  ]);
  assert.equal(movers.length, 1);
  assert.ok(Math.abs(movers[0]!.arcsecPerHour - 30) < 1e-6, String(movers[0]!.arcsecPerHour));
});

test("stars with proper motions stand where they were when the frames were taken; those without stay", () => {
  const moved = movePositions(
    createTable({
      ra: Float64Array.of(10, 20),
      dec: Float64Array.of(60, 0),
      pmra: Float64Array.of(360, Number.NaN),
      pmdec: Float64Array.of(-720, Number.NaN),
      ref_epoch: Float64Array.of(2016, 2016),
    }),
    2006,
  );
  const [ra, dec] = [getNumbers(moved, "ra"), getNumbers(moved, "dec")];
  assert.ok(Math.abs(ra[0]! - (10 - 0.001 / Math.cos(Math.PI / 3))) < 1e-9);
  assert.ok(Math.abs(dec[0]! - 60.002) < 1e-9);
  assert.deepEqual([ra[1], dec[1]], [20, 0]);
});
