import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom, silentLogger } from "@almagest/base";
import { createSkyMap } from "@almagest/sphere";
import { createTable, getColumn, getNumbers, type Table } from "@almagest/tables";
import { objectTableTask } from "./object-table-task.ts";

const skyMap = createSkyMap({
  kind: "discrete",
  name: "m",
  pixelScaleArcsec: 1,
  tractOverlapDeg: 0,
  patches: { kind: "legacy", innerWidth: 40, innerHeight: 40, border: 10 },
  tracts: [{ raDeg: 10, decDeg: 0, radiusDeg: 0.02 }],
});
const tract = skyMap.tract(0);
const inner = (id: number) => tract.patch(id).innerBox;

/** Positions of a patch's objects at pixels of the tract, with their rows in each band's detections. */
function positionsAt(
  places: ReadonlyArray<readonly [x: number, y: number]>,
  refBand: string[],
  rows: Record<string, number[]>,
): Table {
  const sky = places.map(([x, y]) => tract.wcs.pixelToSky(x, y));
  return createTable({
    x: Float64Array.from(places, (place) => place[0]),
    y: Float64Array.from(places, (place) => place[1]),
    coord_ra: { data: Float64Array.from(sky, (place) => place.raDeg), unit: "deg" },
    coord_dec: { data: Float64Array.from(sky, (place) => place.decDeg), unit: "deg" },
    coord_err: { data: new Float64Array(places.length).fill(1e-5), unit: "deg" },
    refBand,
    ...Object.fromEntries(Object.entries(rows).map(([band, list]) => [`${band}_row`, Int32Array.from(list)])),
  });
}

const detected = (kron: number[], extended: number[]): Table =>
  createTable({
    kronFlux: { data: Float64Array.from(kron), unit: "nJy" },
    extendedness: Float64Array.from(extended),
  });
const forced = (flux: number[]): Table =>
  createTable({
    x: new Float64Array(flux.length),
    psfFlux: { data: Float64Array.from(flux), unit: "nJy" },
    psfFlux_flag: { data: new Uint8Array(flux.length), logical: true },
    edge_inside: { data: new Uint8Array(flux.length).fill(1), logical: true },
  });

/** Two neighbouring patches: patch 0 is seen in g and r, patch 1 in r only. */
async function consolidate(): Promise<Table> {
  const [a, b] = [inner(0), inner(1)];
  const positions = [
    positionsAt(
      [
        [a.x0 + 5, a.y0 + 5],
        [a.x0 + a.width + 3, a.y0 + 5],
        [a.x0 + a.width - 0.6, a.y0 + 6],
      ],
      ["r", "g", "r"],
      { g: [-1, 1, 0], r: [1, 0, 2] },
    ),
    positionsAt([[b.x0 - 0.5, b.y0 + 9]], ["r"], { r: [0] }),
  ];
  const id = (patch: number, band?: string) => ({
    skymap: "m",
    tract: 0,
    patch,
    ...(band === undefined ? {} : { band }),
  });
  const perBand = [id(0, "g"), id(0, "r"), id(1, "r")];
  const context = {
    label: "objects",
    config: {},
    dataId: { skymap: "m", tract: 0 },
    records: {},
    inputDataIds: { positions: [id(0), id(1)], sources: perBand, forced: perBand },
    outputDataIds: {},
    log: silentLogger,
    random: createRandom("objects"),
    setMetadata: () => {},
  };
  const { objects } = await objectTableTask.run(context, {
    positions,
    sources: [detected([11, 12], [0, 1]), detected([21, 22, 23], [0, 0, 1]), detected([31], [1])],
    forced: [forced([101, 102, 103]), forced([201, 202, 203]), forced([301])],
    skyMap,
  });
  return objects!;
}

test("object table: every object of every patch is a row with an id of its own, and one patch owns it", async () => {
  const objects = await consolidate();
  assert.equal(objects.rows, 4);
  const ids = [...(getColumn(objects, "objectId").data as BigInt64Array)];
  assert.deepEqual(ids, [0n, 1n, 2n, 2n ** 24n]);
  assert.deepEqual([...getNumbers(objects, "patch")], [0, 0, 0, 1]);
  // The second lies in patch 0's border, where patch 1 owns the sky; the fourth on the very edge, which is patch 1's.
  assert.deepEqual([...getNumbers(objects, "detect_isPrimary")], [1, 0, 1, 1]);
  assert.deepEqual(getColumn(objects, "refBand").data, ["r", "g", "r", "r"]);
  assert.deepEqual([...getNumbers(objects, "refExtendedness")], [0, 1, 1, 1]);
});

test("object table: forced fluxes of every band, detections by their rows, and blanks where a band has no coadd", async () => {
  const objects = await consolidate();
  const numbers = (name: string): number[] => [...getNumbers(objects, name)];
  assert.deepEqual(numbers("r_psfFlux"), [201, 202, 203, 301]);
  assert.deepEqual(numbers("g_psfFlux"), [101, 102, 103, Number.NaN]);
  assert.deepEqual(numbers("g_psfFlux_flag"), [0, 0, 0, 1]);
  assert.deepEqual(numbers("g_edge_inside"), [1, 1, 1, 0]);
  assert.deepEqual(numbers("g_detected"), [0, 1, 1, 0]);
  assert.deepEqual(numbers("g_kronFlux"), [Number.NaN, 12, 11, Number.NaN]);
  assert.deepEqual(numbers("r_kronFlux"), [22, 21, 23, 31]);
  assert.equal(getColumn(objects, "g_psfFlux").unit, "nJy");
  assert.ok(!objects.columns.has("g_x"), "positions stand once");
});
