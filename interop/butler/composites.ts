import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonicalJson } from "../../packages/base/src/index.ts";
import { openButler, transferDatasets } from "../../packages/butler/src/index.ts";
import { createStandardFormatters } from "../../packages/pipeline/src/index.ts";
import { createTable, type Table } from "../../packages/tables/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";
import { type Comparison, checkInto, verdict } from "./compare-queries.ts";
import { PythonButler } from "./python-butler.ts";

const FORMATTERS = "lsst.daf.butler.formatters";
const CLASS = "lsst.daf.butler.tests.MetricsExample";
const PARTS = {
  summary: { AM1: 5.2, AM2: 30.6 },
  output: { a: [1, 2, 3], b: { blue: 5, red: "green" } },
  data: [563, 234, 456.7, 752, 8, 9, 27],
};

/** As the original's own tests configure their composite: taken apart, or whole, by dataset type. */
const CONFIG = {
  storageClasses: {
    DictYaml: { pytype: "dict" },
    ListJson: { pytype: "list" },
    Metrics: {
      pytype: CLASS,
      delegate: "lsst.daf.butler.tests.MetricsDelegate",
      components: { summary: "DictYaml", output: "DictYaml", data: "ListJson" },
      converters: { dict: `${CLASS}.makeFromDict` },
    },
  },
  datastore: {
    composites: { default: true, disassembled: { whole: false } },
    formatters: {
      DictYaml: `${FORMATTERS}.yaml.YamlFormatter`,
      ListJson: { formatter: `${FORMATTERS}.json.JsonFormatter` },
      Metrics: `${FORMATTERS}.json.JsonFormatter`,
    },
  },
};

async function inRepository(
  work: (root: string, python: PythonButler, comparison: Comparison) => Promise<void>,
): Promise<Comparison> {
  const executable = findPython(["lsst.daf.butler", "pandas", "pyarrow"]);
  const comparison: Comparison = { same: 0, refused: 0, differences: [] };
  const home = await mkdtemp(join(tmpdir(), "almagest-interop-composites-"));
  try {
    await using python = new PythonButler(executable);
    const root = join(home, "repo");
    await python.call("create_with", { root, config: CONFIG });
    await python.call("open", { root, run: "theirs" });
    await work(root, python, comparison);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
  return comparison;
}

/** A composite, taken apart and whole, put by either is read by the other: all of it, and each component. */
async function readComposites(): Promise<Comparison> {
  return inRepository(async (root, python, comparison) => {
    const check = checkInto(comparison);
    await using ours = await openButler(root, { run: "ours" });
    for (const name of ["apart", "whole"]) {
      await ours.registerDatasetType({ name, dimensions: [], storageClass: "Metrics", isCalibration: false });
      const written = await ours.put(PARTS, name, {});
      const theirs = await python.call<{ id: string }>("put_metrics", {
        type: name,
        data_id: {},
        parts: PARTS,
      });
      for (const id of [written.id, theirs.id]) {
        const [ref] = await ours.getDatasets([id]);
        const [files] = await ours.storedFiles([ref!]);
        const paths = files!.map(({ path }) => path.replace(/^(ours|theirs)\/|_(ours|theirs)\b/g, "")).sort();
        const apart = ["data", "output", "summary"].map(
          (part) => `apart.${part}/apart_${part}.${part === "data" ? "json" : "yaml"}`,
        );
        check(`files of ${name}`, paths, name === "apart" ? apart : ["whole/whole.json"]);
        check(`${name} by us`, canonicalJson(await ours.get(ref!)), canonicalJson(PARTS));
        const read = { class: "MetricsExample", ...PARTS };
        check(`${name} by them`, await python.call("get_metrics", { id }), read);
        for (const [component, part] of Object.entries(PARTS)) {
          check(`${name}.${component} by us`, await ours.get(ref!, { component }), part);
          check(`${name}.${component} by them`, await python.call("get_metrics", { id, component }), part);
        }
      }
    }
    const report = await ours.check({ checksums: true, graceMs: 0 });
    check("fsck", [report.clean, report.orphaned], [true, []]);
    const target = join(root, "..", "target");
    await python.call("create_with", { root: target, config: CONFIG });
    await using copy = await openButler(target);
    const refs = await ours.queryDatasets("apart", { collections: ["ours", "theirs"], findFirst: false });
    check("transferred", (await transferDatasets(ours, copy, refs)).length, 2);
    await python.call("open", { root: target });
    for (const { id } of refs)
      check("copy by them", await python.call("get_metrics", { id }), { class: "MetricsExample", ...PARTS });
  });
}

const COLUMNS = { id: [1, 2, 3], flux: [1.5, -2.25, 8], name: ["a b", "c", "d"] };
const KINDS = ["DataFrame", "ArrowTable", "ArrowAstropy", "ArrowNumpy", "ArrowNumpyDict"];

function plainTable(value: unknown): unknown {
  const columns =
    (value as Partial<Table>).columns instanceof Map
      ? [...(value as Table).columns].map(([name, { data }]) => [name, data] as const)
      : Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(
    columns.map(([name, data]) => [
      name,
      Array.from(data as ArrayLike<unknown>, (cell) => (typeof cell === "bigint" ? Number(cell) : cell)),
    ]),
  );
}

/** Tables of every kind that we put are read by them as every other kind, and theirs by us; parts of them too. */
async function convertTables(): Promise<Comparison> {
  return inRepository(async (root, python, comparison) => {
    const check = checkInto(comparison);
    await using ours = await openButler(root, { run: "ours", formatters: createStandardFormatters() });
    const arrays = {
      id: BigInt64Array.of(1n, 2n, 3n),
      flux: Float64Array.from(COLUMNS.flux),
      name: COLUMNS.name,
    };
    for (const kind of KINDS) {
      const type = `of_${kind}`;
      await ours.registerDatasetType({
        name: type,
        dimensions: [],
        storageClass: kind,
        isCalibration: false,
      });
      const { id } = await ours.put(kind === "ArrowNumpyDict" ? arrays : createTable(arrays), type, {});
      const theirs = await python.call<string>("put_table", { type, data_id: {}, columns: COLUMNS });
      for (const to of KINDS.filter((each) => each !== "ArrowTable")) {
        const read = await python.call<{ columns: unknown }>("get_table", { id, storage_class: to });
        check(`${kind} as ${to} by them`, read.columns, COLUMNS);
        const [ref] = await ours.getDatasets([theirs]);
        check(`${kind} as ${to} by us`, plainTable(await ours.get(ref!, { storageClass: to })), COLUMNS);
      }
      const parameters = { columns: ["fl*", "id"], filters: [["flux", ">", 0]] };
      const [ref] = await ours.getDatasets([theirs]);
      const part = { flux: [1.5, 8], id: [1, 3] };
      check(`part of ${kind} by us`, plainTable(await ours.get(ref!, { parameters })), part);
      const wide = await python.call<{ columns: unknown }>("get_table", {
        id,
        storage_class: "ArrowAstropy",
        parameters: { columns: ["fl*", "id"] },
      });
      check(`columns of ${kind} by them`, wide.columns, { flux: COLUMNS.flux, id: COLUMNS.id });
    }
  });
}

/** Composite datasets and conversion on reading, between the original and us. */
export const bars: Bar[] = [
  {
    name: "composites, whole and by component",
    goal: "what either writes the other reads, all and each component; same files",
    measure: async () => verdict(await readComposites()),
  },
  {
    name: "tables as tables of other kinds",
    goal: "every kind as every other, both ways; columns by pattern, rows by filter",
    measure: async () => verdict(await convertTables()),
  },
];
