import assert from "node:assert/strict";
import { test } from "node:test";
import { createTable } from "@almagest/tables";
import { mergeBands } from "./merge-bands.ts";

const band = (name: string, rows: ReadonlyArray<readonly [x: number, y: number, significance: number]>) => ({
  band: name,
  sources: createTable({
    x: Float64Array.from(rows, (r) => r[0]),
    y: Float64Array.from(rows, (r) => r[1]),
    xErr: new Float64Array(rows.length).fill(0.1),
    yErr: new Float64Array(rows.length).fill(0.1),
    peakSignificance: Float64Array.from(rows, (r) => r[2]),
  }),
});

test("detections join, start objects, or belong to none by distance; the brightest band gives the position", () => {
  const merged = mergeBands(
    [
      band("i", [
        [10, 10, 20],
        [50, 50, 8],
      ]),
      band("r", [
        [10.5, 10, 40],
        [53, 50, 9],
        [90, 90, 6],
      ]),
    ],
    { same: 1.5, distinct: 5 },
  );
  assert.deepEqual([...merged.x], [10.5, 50, 90]);
  assert.deepEqual([...merged.refBand], [1, 0, 1]);
  assert.deepEqual([...merged.rows[0]!], [0, 1, -1]);
  assert.deepEqual([...merged.rows[1]!], [0, -1, 2]);
});

test("two detections of one band never share an object", () => {
  const merged = mergeBands(
    [
      band("i", [[10, 10, 20]]),
      band("r", [
        [10.2, 10, 5],
        [10.8, 10, 50],
      ]),
    ],
    {
      same: 1.5,
      distinct: 5,
    },
  );
  assert.equal(merged.x.length, 1);
  assert.deepEqual([...merged.rows[1]!], [0]);
});
