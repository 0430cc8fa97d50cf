import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { createTable, type Table } from "@almagest/tables";
import { createRepository } from "../create-repository.ts";
import { openButler } from "../open-butler.ts";
import { responsibleComponent } from "./composites.ts";
import { createStorageClassTable, STANDARD_STORAGE_CLASS_TABLE } from "./storage-class-table.ts";

const home = await mkdtemp(join(tmpdir(), "almagest-storage-classes-"));
after(() => rm(home, { recursive: true }));
const fails = (code: string) => (error: unknown) => isAlmagestError(error, code);

const CONFIG = `
storageClasses:
  Part: {pytype: dict}
  Whole: {pytype: some.Class, components: {first: Part, second: Part}}
`;

async function openAt(name: string, more: string): ReturnType<typeof openButler> {
  const root = join(home, name);
  await createRepository(root);
  const path = join(root, "butler.yaml");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace("datastore:\n", `datastore:\n${more}`) + CONFIG);
  return openButler(root, { run: "run" });
}

const COMPOSITES = `  composites: {disassembled: {Whole: true}}
  formatters: {Part: lsst.daf.butler.formatters.yaml.YamlFormatter, second.second: lsst.daf.butler.formatters.json.JsonFormatter}
`;

test("a composite is stored by component where the repository says so, and read whole and by component", async () => {
  await using butler = await openAt("apart", COMPOSITES);
  await butler.registerDatasetType({
    name: "second",
    dimensions: [],
    storageClass: "Whole",
    isCalibration: false,
  });
  const value = { first: { a: 1 }, second: { b: [2] } };
  const ref = await butler.put({ ...value, third: "not a component" }, "second", {});
  const [files] = await butler.storedFiles([ref]);
  assert.deepEqual(
    files!.map(({ path, component, storageClass }) => [path, component, storageClass]).sort(),
    [
      ["run/second.first/second_first_run.yaml", "first", "Part"],
      ["run/second.second/second_second_run.json", "second", "Part"],
    ],
  );
  assert.deepEqual(await butler.get(ref), value);
  assert.deepEqual(await butler.get("second.second", {}), value.second);
  await assert.rejects(butler.get(ref, { component: "third" }), fails("BUTLER.DATASET_MISSING"));
  await assert.rejects(butler.put({ third: 1 }, "second", {}, { run: "run" }), fails("BUTLER.STORAGE_CLASS"));
  assert.equal(await butler.exists(ref), true);
  assert.equal((await butler.check({ checksums: true, graceMs: 0 })).clean, true);
  await butler.prune([ref], { purge: true });
  assert.deepEqual((await butler.check({ graceMs: 0 })).orphaned, []);
});

test("registering both components of a dataset again changes nothing", async () => {
  await using butler = await openAt("again", COMPOSITES);
  await butler.registerDatasetType({
    name: "m",
    dimensions: [],
    storageClass: "Whole",
    isCalibration: false,
  });
  const ref = await butler.put({ first: {}, second: {} }, "m", {});
  const [files] = await butler.storedFiles([ref]);
  await butler.prune([ref], { purge: false });
  assert.deepEqual(await butler.ingestOutputs(files!), { inserted: 0, present: 1 });
  await butler.prune([ref], { purge: true });
  assert.deepEqual(await butler.ingestOutputs(files!), { inserted: 1, present: 0 });
  assert.equal((await butler.storedFiles([ref]))[0]!.length, 2);
});

test("a configuration that is no yes or no, or names no formatter, is refused", async () => {
  await assert.rejects(
    openAt("wrong", "  composites: {disassembled: {Whole: maybe}}\n"),
    fails("BUTLER.REPOSITORY_INVALID"),
  );
  await assert.rejects(
    openAt("nothing", "  formatters: {Part: {parameters: {}}}\n"),
    fails("BUTLER.REPOSITORY_INVALID"),
  );
});

test("a table is read as what is asked for, by patterns of columns, filters and rows", async () => {
  await using butler = await openAt("tables", "");
  await butler.registerDatasetType({
    name: "t",
    dimensions: [],
    storageClass: "DataFrame",
    isCalibration: false,
  });
  const shape = { data: Float32Array.of(1, 2, 3, 4, 5, 6), width: 2 };
  const table = createTable({
    id: BigInt64Array.of(1n, 2n, 3n),
    good: { data: Uint8Array.of(1, 0, 1), logical: true },
    g_flux: Float64Array.of(1, 2, 3),
    shape,
  });
  const ref = await butler.put(table, "t", {});
  const get = (parameters: Record<string, unknown>, storageClass = "ArrowNumpyDict"): Promise<unknown> =>
    butler.get(ref, { parameters, storageClass });
  assert.deepEqual(await get({}), {
    id: BigInt64Array.of(1n, 2n, 3n),
    good: [true, false, true],
    g_flux: Float64Array.of(1, 2, 3),
    shape: [Float32Array.of(1, 2), Float32Array.of(3, 4), Float32Array.of(5, 6)],
  });
  assert.deepEqual(await get({ columns: ["g_*", "id"], rows: [1, 9] }), {
    g_flux: Float64Array.of(2, 3),
    id: BigInt64Array.of(2n, 3n),
  });
  assert.deepEqual(
    await get({
      columns: "g_flux",
      filters: [
        ["good", "==", true],
        ["id", "not in", [3]],
      ],
    }),
    {
      g_flux: Float64Array.of(1),
    },
  );
  assert.deepEqual(await get({ columns: "id", filters: [[["id", "<", 2]], [["g_flux", ">=", 3]]] }), {
    id: BigInt64Array.of(1n, 3n),
  });
  assert.equal(((await get({ rowgroups: [0] }, "ArrowTable")) as Table).rows, 3);
  assert.deepEqual(await butler.get(ref, { component: "schema" }), {
    id: "int64",
    good: "bool",
    g_flux: "float64",
    shape: "float32[2]",
  });
  await assert.rejects(get({ columns: "r_*" }), fails("TABLES.COLUMN_MISSING"));
  await assert.rejects(get({ filters: [["id", "like", 3]] }), fails("BUTLER.STORAGE_CLASS"));
  await assert.rejects(get({ rowgroups: [1] }), fails("TABLES.ROW_GROUP_MISSING"));
  await assert.rejects(get({ bbox: {} }), fails("BUTLER.PARAMETER_UNKNOWN"));
  await assert.rejects(get({}, "ExposureF"), fails("BUTLER.STORAGE_CLASS"));
});

test("arrays by name are taken for a table, and come back as such", async () => {
  await using butler = await openAt("arrays", "");
  await butler.registerDatasetType({
    name: "d",
    dimensions: [],
    storageClass: "ArrowNumpyDict",
    isCalibration: false,
  });
  const arrays = {
    x: Float64Array.of(1, 2),
    name: ["a", "b"],
    ok: [true, false],
    v: [Int32Array.of(1, 2, 3), Int32Array.of(4, 5, 6)],
  };
  const ref = await butler.put(arrays, "d", {});
  assert.deepEqual(await butler.get(ref), arrays);
  assert.equal(
    ((await butler.get(ref, { storageClass: "ArrowAstropy" })) as Table).columns.get("v")!.width,
    3,
  );
});

test("what converts to what follows the original's table", () => {
  const { canConvert, componentOf } = STANDARD_STORAGE_CLASS_TABLE;
  assert.equal(canConvert("DataFrame", "ArrowAstropy"), true);
  assert.equal(canConvert("TaskMetadata", "StructuredDataDict"), true);
  assert.equal(canConvert("StructuredDataDict", "TaskMetadata"), false);
  assert.equal(canConvert("ExposureF", "Exposure"), true);
  assert.equal(canConvert("ExposureF", "VisitImage"), true);
  assert.equal(canConvert("Exposure", "ExposureF"), false);
  assert.equal(componentOf("ExposureF", "image"), "ImageF");
  assert.equal(componentOf("ExposureF", "psf"), "Psf");
  assert.equal(componentOf("ExposureF", "moon"), undefined);
  assert.equal(
    responsibleComponent(STANDARD_STORAGE_CLASS_TABLE, "ExposureF", "bbox", ["wcs", "variance", "mask"]),
    "mask",
  );
  const loop = createStorageClassTable({ A: { inheritsFrom: "B" }, B: { inheritsFrom: "A" } });
  assert.throws(() => loop.find("A"), fails("BUTLER.REPOSITORY_INVALID"));
});
