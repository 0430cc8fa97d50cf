import { execFileSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type DatasetRef, openButler } from "../../packages/butler/src/index.ts";
import { type PostgresServer, startPostgres } from "../../packages/servers/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";
import {
  type Comparison,
  canonical,
  checkInto,
  compareQueries,
  goldenQueries,
  verdict,
} from "./compare-queries.ts";
import { generateQueries } from "./generated-queries.ts";
import { copyTheirs, GOLDEN, makeOurs, makeTheirs } from "./golden-copy.ts";
import { findPythonButler, PythonButler } from "./python-butler.ts";

async function withRoot<T>(
  make: Place["make"],
  use: (root: string, python: PythonButler) => Promise<T>,
): Promise<T> {
  const executable = findPythonButler();
  if (executable === undefined) throw new Error("no Python with lsst-daf-butler (set ALMAGEST_PYTHON)");
  await using python = new PythonButler(executable);
  const root = await make(python);
  try {
    return await use(root, python);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Writes by turns into one repository, and checks that each reads all that either wrote. */
async function takeTurns(root: string, python: PythonButler): Promise<Comparison> {
  await python.call("open", { root, run: "turns/python" });
  await using ours = await openButler(root, { run: "turns/ours" });
  const comparison: Comparison = { same: 0, refused: 0, differences: [] };
  const check = checkInto(comparison);
  for (let turn = 0; turn < 20; turn++) {
    const dataId = { instrument: "CamX", visit: 10 * (1 + (turn % 10)), detector: 2 + Math.floor(turn / 10) };
    const value = { turn, text: `turn ${turn}`, list: [turn, turn / 4, null, "yes", "1e5"], flag: true };
    await ours.put(value, "vd", dataId);
    check(
      "python reads ours",
      value,
      await python.call("get", { type: "vd", data_id: dataId, collections: "turns/ours" }),
    );
    await python.call("put", { value, type: "vd", data_id: dataId });
    check("ours reads python's", await ours.get("vd", dataId, { collections: "turns/python" }), value);
  }
  await ours.registerDatasetType({
    name: "made_here",
    dimensions: ["visit", "patch"],
    storageClass: "StructuredDataDict",
    isCalibration: true,
  });
  check(
    "type of ours is known there",
    false,
    await python.call("register_type", {
      name: "made_here",
      dimensions: ["visit", "patch"],
      storage_class: "StructuredDataDict",
      calibration: true,
    }),
  );
  await python.call("register_type", {
    name: "made_there",
    dimensions: ["detector", "band"],
    storage_class: "StructuredDataDict",
  });
  check(
    "type of theirs is known here",
    false,
    await ours.registerDatasetType({
      name: "made_there",
      dimensions: ["band", "detector"],
      storageClass: "StructuredDataDict",
      isCalibration: false,
    }),
  );
  await ours.registerCollection("turns/calib", "CALIBRATION");
  const bias = await ours.put({ bias: 1 }, "bias", { instrument: "CamX", detector: 3 });
  await ours.certify("turns/calib", [bias], {});
  const found = await python.call("get", {
    type: "bias",
    data_id: { instrument: "CamX", detector: 3, exposure: 10 },
    collections: "turns/calib",
  });
  check("python finds our calibration", { bias: 1 }, found);
  const again = await python.ask("certify", { type: "bias", ids: [bias.id], collection: "turns/calib" });
  check("python refuses a second certification", "ConflictingDefinitionError", again.error);
  await ours.setChain("outer", ["turns/ours", "turns/python"]);
  check(
    "chains",
    (await ours.queryCollections("outer"))[0]!.children,
    (await python.call<[string, string, string[]][]>("collections")).find(([name]) => name === "outer")![2],
  );
  return comparison;
}

/** Dimension records as the original sees them in both repositories. */
async function sameRecords(root: string, python: PythonButler): Promise<Comparison> {
  const comparison: Comparison = { same: 0, refused: 0, differences: [] };
  const elements = [
    "instrument",
    "skymap",
    "detector",
    "physical_filter",
    "day_obs",
    "group",
    "exposure",
    "visit",
    "visit_definition",
    "visit_detector_region",
    "tract",
    "patch",
  ];
  const read = async (where: string): Promise<unknown[]> => {
    await python.call("open", { root: where, writeable: false });
    const all: unknown[] = [];
    for (const element of elements) all.push(await python.call("records", { element }));
    return all;
  };
  const ours = await read(root);
  const theirs = await read(join(GOLDEN, "repo"));
  elements.forEach((element, index) => {
    if (JSON.stringify(ours[index]) === JSON.stringify(theirs[index])) comparison.same++;
    else comparison.differences.push(element);
  });
  return comparison;
}

/** The original imports what we export of the golden repository, and shows the same datasets and associations. */
async function importOurExport(root: string, python: PythonButler): Promise<Comparison> {
  const comparison: Comparison = { same: 0, refused: 0, differences: [] };
  const golden = join(GOLDEN, "repo");
  await using theirs = await openButler(golden, { readOnly: true });
  const types = (await theirs.queryDatasetTypes()).map((type) => type.name);
  const refs: DatasetRef[] = [];
  for (const type of types) {
    const runs = (await theirs.queryCollections("*", { kinds: ["RUN"] })).map((run) => run.name);
    for (const run of runs) refs.push(...(await theirs.queryDatasets(type, { collections: run })));
  }
  const folder = join(root, "exported");
  await theirs.exportTo(folder, refs, { collections: "*", mode: "copy" });
  const target = join(root, "imported");
  await python.call("create", { root: target });
  await python.call("open", { root: target });
  await python.call("import_file", {
    path: join(folder, "export.yaml"),
    directory: folder,
    transfer: "copy",
  });
  const look = async (where: string): Promise<unknown[]> => {
    await python.call("open", { root: where, writeable: false });
    const seen: unknown[] = [await python.call("collections")];
    for (const type of types) {
      const found = await python.call<unknown[]>("datasets", { type, collections: "*", find_first: false });
      seen.push(canonical(found));
    }
    return seen;
  };
  const [ours, original] = [await look(target), await look(golden)];
  ours.forEach((item, index) => {
    if (JSON.stringify(item) === JSON.stringify(original[index])) comparison.same++;
    else comparison.differences.push(["collections", ...types][index]!);
  });
  return comparison;
}

const GENERATED = 300;

let server: Promise<PostgresServer> | undefined;
let count = 0;

/** An empty database on a server that ends with this process. */
async function newDatabase(): Promise<string> {
  server ??= startPostgres(["fsync=off"]);
  const url = (await server).createDatabase(`interop_${++count}`);
  // The original wants it there beforehand.
  execFileSync("psql", [url, "-qc", "CREATE EXTENSION btree_gist"]);
  return url;
}

/** Where a comparison's repository lies, and who made it. */
interface Place {
  readonly name: string;
  make(python: PythonButler): Promise<string>;
}

const PLACES: readonly Place[] = [
  { name: "our repository on SQLite", make: () => makeOurs() },
  { name: "their repository on SQLite", make: () => copyTheirs() },
  { name: "our repository on PostgreSQL", make: async () => makeOurs(await newDatabase()) },
  {
    name: "their repository on PostgreSQL",
    make: async (python) => makeTheirs(python, await newDatabase()),
  },
];

/** The schema of a server's database in statements, without prose and the dump's own settings. */
function schemaOf(url: string): string[] {
  const dump = execFileSync("pg_dump", ["--schema-only", "--no-owner", "--no-privileges", url], {
    encoding: "utf8",
  });
  return dump
    .replace(/^(--|SET |SELECT |\\).*$/gm, "")
    .split(/;\s*\n/)
    .map((statement) => statement.replace(/\s+/g, " ").trim())
    .filter((statement) => statement !== "" && !/^COMMENT|^ALTER EXTENSION|OWNER TO/.test(statement))
    .sort();
}

/** The statements of a repository that the original makes on PostgreSQL, and of one of ours. */
async function sameSchema(): Promise<Comparison> {
  const [theirs, ours] = [await newDatabase(), await newDatabase()];
  const roots: string[] = [];
  const executable = findPythonButler();
  if (executable === undefined) throw new Error("no Python with lsst-daf-butler (set ALMAGEST_PYTHON)");
  try {
    await using python = new PythonButler(executable);
    roots.push(await makeTheirs(python, theirs), await makeOurs(ours));
  } finally {
    for (const root of roots) await rm(root, { recursive: true, force: true });
  }
  // Which dimension group came first decides the number in the names of its tables, so both were filled alike.
  const expected = schemaOf(theirs);
  const found = new Set(schemaOf(ours));
  const missing = expected.filter((statement) => !found.delete(statement));
  const differences = [
    ...missing.map((text) => `missing ${text}`),
    ...[...found].map((text) => `extra ${text}`),
  ];
  return { same: expected.length - missing.length, refused: 0, differences };
}

/** What the original and we must agree on, on repositories of ours and of theirs, on both databases. */
export const bars: Bar[] = [
  ...PLACES.flatMap(({ name, make }, index): Bar[] => [
    {
      name: `golden queries on ${name}`,
      goal: "all equal",
      measure: async () =>
        verdict(await withRoot(make, (root, python) => compareQueries(root, python, goldenQueries()))),
    },
    {
      name: `generated queries on ${name}`,
      goal: `${GENERATED} equal`,
      measure: async () =>
        verdict(
          await withRoot(make, (root, python) =>
            compareQueries(root, python, generateQueries(GENERATED, index + 1)),
          ),
        ),
    },
    {
      name: `records of ${name} read by the original`,
      goal: "all equal",
      measure: async () => verdict(await withRoot(make, sameRecords)),
    },
    {
      name: `writing by turns into ${name}`,
      goal: "all read by both",
      measure: async () => verdict(await withRoot(make, takeTurns)),
    },
  ]),
  {
    name: "schema on PostgreSQL",
    goal: "equal, statement by statement",
    measure: async () => verdict(await sameSchema()),
  },
  {
    name: "our export imported by the original",
    goal: "all equal",
    measure: async () => verdict(await withRoot(PLACES[0]!.make, importOurExport)),
  },
];
