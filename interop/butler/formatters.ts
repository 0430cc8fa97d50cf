import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonicalJson } from "../../packages/base/src/index.ts";
import { openButler } from "../../packages/butler/src/index.ts";
import { createStandardFormatters } from "../../packages/pipeline/src/index.ts";
import { createSkyMap } from "../../packages/sphere/src/index.ts";
import { createTable, type Table } from "../../packages/tables/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";
import { type Comparison, verdict } from "./compare-queries.ts";
import { findPythonButler, PythonButler } from "./python-butler.ts";

const COLUMNS = { id: [1, 2], flux: [1.5, -2.25], name: ["a b", "c"] };

const toTable = (): Table =>
  createTable({ id: BigInt64Array.of(1n, 2n), flux: Float64Array.from(COLUMNS.flux), name: COLUMNS.name });

const toColumns = (table: Table): unknown =>
  Object.fromEntries(
    [...table.columns].map(([name, { data }]) => [
      name,
      Array.from(data as ArrayLike<unknown>, (v) => (typeof v === "bigint" ? Number(v) : v)),
    ]),
  );

/** Storage classes, what is put, whether Python reads the file itself, and what it shall see. */
function cases(): [storageClass: string, value: unknown, byUri: boolean, seen: unknown][] {
  const skyMap = createSkyMap({
    kind: "rings",
    name: "rings",
    pixelScaleArcsec: 0.2,
    tractOverlapDeg: 0.01,
    numRings: 20,
    raStartDeg: 0,
    patches: { kind: "legacy", innerWidth: 4000, innerHeight: 4000, border: 100 },
  });
  const boxes = [{ x0: 1, y0: 2, width: 3, height: 4 }];
  return [
    ["SkyMap", skyMap, true, skyMap.config],
    ["Defects", boxes, true, { schema: "almagest.defects", defects: boxes }],
    ["Background", { layers: [] }, true, { schema: "almagest.background", layers: [] }],
    ["AstropyTable", toTable(), false, COLUMNS],
    ["ArrowAstropy", toTable(), false, COLUMNS],
    ["StructuredDataDict", { a: [1, null, "yes"] }, false, { a: [1, null, "yes"] }],
    ["int", 7, false, 7],
  ];
}

/** Python reads every kind of dataset that we write, and we read its tables. */
async function readKinds(): Promise<Comparison> {
  const executable = findPythonButler();
  if (executable === undefined) throw new Error("no Python with lsst-daf-butler (set ALMAGEST_PYTHON)");
  const comparison: Comparison = { same: 0, refused: 0, differences: [] };
  const root = join(await mkdtemp(join(tmpdir(), "almagest-interop-")), "repo");
  try {
    await using python = new PythonButler(executable);
    await python.call("create", { root });
    await python.call("open", { root, run: "theirs" });
    await using ours = await openButler(root, { run: "ours", formatters: createStandardFormatters() });
    const check = (what: string, a: unknown, b: unknown): void => {
      const has = (whole: unknown, part: unknown): boolean =>
        typeof part === "object" && part !== null && !Array.isArray(part)
          ? Object.entries(part).every(([key, value]) =>
              has((whole as Record<string, unknown>)?.[key], value),
            )
          : canonicalJson(whole) === canonicalJson(part);
      if (has(a, b)) comparison.same++;
      else comparison.differences.push(`${what}: ${JSON.stringify(a)}, not ${JSON.stringify(b)}`);
    };
    for (const [storageClass, value, byUri, seen] of cases()) {
      const type = `kind_${storageClass}`;
      await ours.registerDatasetType({ name: type, dimensions: [], storageClass, isCalibration: false });
      const ref = await ours.put(value, type, {});
      check(storageClass, await python.call("get_as", { id: ref.id, by_uri: byUri }), seen);
      if (!storageClass.includes("Astropy")) continue;
      const id = await python.call<string>("put_table", { type, data_id: {}, columns: COLUMNS });
      const [theirs] = await ours.queryDatasets(type, { collections: "theirs" });
      check(
        `${storageClass} of theirs`,
        [id, toColumns((await ours.get(theirs!)) as Table)],
        [theirs!.id, COLUMNS],
      );
    }
  } finally {
    await rm(join(root, ".."), { recursive: true, force: true });
  }
  return comparison;
}

export const bars: readonly Bar[] = [
  {
    name: "kinds of dataset",
    goal: "what either writes the other reads, without the science pipelines",
    measure: async () => verdict(await readKinds()),
  },
];
