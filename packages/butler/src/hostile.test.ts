import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { isAlmagestError } from "@almagest/base";
import fc from "fast-check";
import { parseYaml } from "./formatters/yaml-formatter.ts";
import { parseExpression } from "./query/expression/parse.ts";
import { openSmallSurvey } from "./testing/small-survey.ts";
import { testOnEach } from "./testing/tested-registries.ts";
import { parseExportFile } from "./transfer/export-file.ts";

const EVIL = [
  "../../evil",
  "/etc/passwd",
  "a'; DROP TABLE dataset; --",
  'b" OR 1=1',
  "..",
  "%2e%2e",
  "c\\..\\d",
  "naïve ☂",
  "{run}",
];

testOnEach("hostile names stay names: files stay within the repository, SQL stays data", async (t) => {
  const butler = await openSmallSurvey(t);
  for (const [index, name] of EVIL.entries()) {
    const id = 100 + index;
    await butler.insertRecords("detector", [{ instrument: "Cam", id, full_name: name }]);
    const ref = await butler.put({ name }, "image", { instrument: "Cam", visit: 1, detector: id });
    const path = fileURLToPath(await butler.getUri(ref));
    assert.ok(path.startsWith(`${butler.root}/run/a/image/`), path);
    assert.deepEqual(await butler.get(ref), { name });
    const found = await butler.queryRecords("detector", {
      where: "detector.full_name = :name",
      bind: { name },
    });
    assert.deepEqual(
      found.map((record) => record.id),
      [id],
    );
  }
  assert.equal((await butler.queryDatasets("image")).length, EVIL.length);
  for (const name of ["../x", "a/../../b", "/abs", "", "x\0y", "a'b"]) {
    await assert.rejects(
      butler.registerRun(name),
      (error) => isAlmagestError(error, "BUTLER.NAME_INVALID"),
      name,
    );
    await assert.rejects(
      butler.registerDatasetType({ name, dimensions: [], storageClass: "int", isCalibration: false }),
      (error) => isAlmagestError(error, "BUTLER.NAME_INVALID"),
      name,
    );
  }
});

testOnEach("a stored path that leads out of the repository is not followed", async (t) => {
  const butler = await openSmallSurvey(t);
  const dataId = { instrument: "Cam", visit: 1, detector: 0 };
  const [planned] = await butler.planOutputs(
    butler.makeRefs([{ datasetType: await butler.getDatasetType("image"), dataId }], "run/a"),
  );
  await butler.ingestOutputs([{ ...planned!, path: "../../../etc/hostname", sizeBytes: -1 }]);
  await assert.rejects(butler.get("image", dataId), (error) => isAlmagestError(error, "RESOURCES.OUTSIDE"));
});

test("expressions of any text parse, or are refused with their column", async (t) => {
  const words = [
    "visit",
    "=",
    "IN",
    "(",
    ")",
    "1..3",
    "'r'",
    "NOT",
    "AND",
    "OR",
    ":b",
    "T'2026-01-01'",
    "-",
    "*",
    ",",
    "GLOB",
    ".",
    "'",
    '"',
    "\n",
    "NULL",
    "OVERLAPS",
  ];
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fc.constantFrom(...words)).map((list) => list.join(" ")),
      ),
      (text) => {
        try {
          parseExpression(text);
        } catch (error) {
          assert.ok(isAlmagestError(error, "BUTLER.QUERY_INVALID"), String(error));
          assert.ok(Number(error.fields.column) >= 1);
        }
      },
    ),
  );
  for (const deep of ["(".repeat(100_000), "NOT ".repeat(100_000), "-".repeat(100_000)]) {
    assert.throws(
      () => parseExpression(deep),
      (error) => isAlmagestError(error, "BUTLER.QUERY_INVALID"),
    );
  }
  const butler = await openSmallSurvey(t);
  const mistakes: [where: string, column: number][] = [
    ["visit = 'a'", 7],
    ["visit = 1 AND bogus = 2", 15],
    ["visit.name IN (1)", 16],
    ["visit = 1 OR\nvisit.oops = 2", 1],
    ["visit > 1 AND (visit < 5", 25],
    ["visit = 99999999999999999999999", 9],
    ["visit.timespan OVERLAPS T'soon'", 25],
    ['visit.name = "V1"', 14],
  ];
  for (const [where, column] of mistakes) {
    await assert.rejects(
      butler.queryDataIds(["visit"], { where }),
      (error) => isAlmagestError(error, "BUTLER.QUERY_INVALID") && error.fields.column === column,
      where,
    );
  }
});

test("hostile YAML is refused, quickly", async () => {
  const bomb = [
    "a: &a [x,x,x,x,x,x,x,x,x]",
    ...Array.from({ length: 12 }, (_, i) => {
      const previous = String.fromCharCode(97 + i);
      const next = String.fromCharCode(98 + i);
      return `${next}: &${next} [${Array(9).fill(`*${previous}`).join(",")}]`;
    }),
  ].join("\n");
  assert.throws(() => parseYaml(bomb));
  assert.throws(
    () => parseYaml("!!python/object/apply:os.system ['true']"),
    (error) => isAlmagestError(error, "BUTLER.FORMATTER_FAILED"),
  );
  for (const text of [
    "",
    "a: [",
    "data: 3",
    "version: 9.0.0\ndata: []",
    "- !<lsst.sphgeom.Circle> {encoded: zz}",
  ]) {
    assert.throws(
      () => parseExportFile(text),
      (error) => isAlmagestError(error, "BUTLER.IMPORT_INVALID"),
      text,
    );
  }
});

testOnEach("an import that fails leaves nothing", async (t) => {
  const butler = await openSmallSurvey(t);
  const folder = await mkdtemp(join(tmpdir(), "almagest-import-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "export.yaml");
  await writeFile(
    path,
    `version: 1.0.2
universe_version: 8
data:
- {type: dimension, element: instrument, records: [{name: Other}]}
- {type: collection, collection_type: RUN, name: other/run}
- {type: dimension, element: detector, records: [{instrument: Nowhere, id: 1, full_name: x}]}
`,
  );
  await assert.rejects(butler.importFrom(path), (error) => isAlmagestError(error, "BUTLER.RECORD_MISSING"));
  assert.equal((await butler.queryRecords("instrument")).length, 1);
  assert.deepEqual(await butler.queryCollections("other*"), []);
});
