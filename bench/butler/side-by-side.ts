import { spawnSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findPythonButler, PythonButler } from "../../interop/butler/python-butler.ts";
import { type Butler, type DataId, openButler } from "../../packages/butler/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";
import { CAM, newRepository } from "./bench-repository.ts";

const RUNS = ["bulk", "puts", "in"];
const VISITS = 1000;
const DETECTORS = 100;
const SMALL = 200;
const FILES = 1000;

function dataIds(count: number): DataId[] {
  return Array.from({ length: count }, (_, index) => ({
    instrument: CAM,
    visit: Math.floor(index / DETECTORS),
    detector: index % DETECTORS,
  }));
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

interface Times {
  insert: number;
  query: number;
  find: number;
  put: number;
  get: number;
  ingest: number;
}

const PUT_VALUE = { a: 1, b: [1.5, 2.5], c: "text" };

async function filesToIngest(root: string, prefix: string): Promise<[path: string, dataId: DataId][]> {
  const folder = join(root, `from-${prefix}`);
  await mkdir(folder);
  const ids = dataIds(FILES);
  const paths = ids.map((_, index) => join(folder, `${prefix}${index}.yaml`));
  await Promise.all(paths.map((path) => writeFile(path, "a: 1\nb: text\n")));
  return paths.map((path, index) => [path, ids[index]!]);
}

async function timeOurs(root: string): Promise<Times> {
  await using butler: Butler = await openButler(root);
  const all = dataIds(VISITS * DETECTORS);
  const type = await butler.getDatasetType("vd");
  const insert = await seconds(async () => {
    const refs = butler.makeRefs(
      all.map((dataId) => ({ datasetType: type, dataId })),
      "bulk",
    );
    await butler.registerDatasets(refs);
  });
  const query = await seconds(async () => {
    const found = await butler.queryDatasets("vd", { collections: "bulk" });
    if (found.length !== all.length) throw new Error(`${found.length} datasets`);
  });
  const some = all.slice(0, 1000);
  const find = await seconds(async () => {
    for (const dataId of some) {
      if ((await butler.findDataset("vd", dataId, { collections: "bulk" })) === undefined)
        throw new Error("not found");
    }
  });
  const few = all.slice(0, SMALL);
  const put = await seconds(async () => {
    for (const dataId of few) await butler.put(PUT_VALUE, "vd", dataId, { run: "puts" });
  });
  const get = await seconds(async () => {
    for (const dataId of few) await butler.get("vd", dataId, { collections: "puts" });
  });
  const files = await filesToIngest(root, "ours");
  const ingest = await seconds(() =>
    butler.ingest(
      files.map(([path, dataId]) => ({ path, dataId, datasetType: "vd" })),
      { mode: "copy", run: "in" },
    ),
  );
  return { insert, query, find: (find / some.length) * SMALL, put, get, ingest };
}

async function timeTheirs(root: string, python: PythonButler): Promise<Times> {
  await python.call("open", { root });
  const all = dataIds(VISITS * DETECTORS);
  const insert = await python.call<number>("time_insert", { type: "vd", run: "bulk", data_ids: all });
  const { seconds: query } = await python.call<{ seconds: number }>("time_query", {
    type: "vd",
    run: "bulk",
  });
  const few = all.slice(0, SMALL);
  const find = await python.call<number>("time_find", { type: "vd", run: "bulk", data_ids: few });
  const put = await python.call<number>("time_put", {
    type: "vd",
    run: "puts",
    data_ids: few,
    value: PUT_VALUE,
  });
  const get = await python.call<number>("time_get", { type: "vd", run: "puts", data_ids: few });
  const files = await filesToIngest(root, "theirs");
  const ingest = await python.call<number>("time_ingest", { type: "vd", run: "in", files, transfer: "copy" });
  return { insert, query, find, put, get, ingest };
}

let measured: Promise<{ ours: Times; theirs: Times }> | undefined;

/** Both on fresh repositories of the same content, one after the other. */
function measureBoth(): Promise<{ ours: Times; theirs: Times }> {
  measured ??= (async () => {
    const executable = findPythonButler();
    if (executable === undefined) throw new Error("no Python with lsst-daf-butler (set ALMAGEST_PYTHON)");
    const roots = [
      await newRepository(VISITS, DETECTORS, RUNS),
      await newRepository(VISITS, DETECTORS, RUNS),
    ] as const;
    try {
      await using python = new PythonButler(executable);
      const theirs = await timeTheirs(roots[0], python);
      return { ours: await timeOurs(roots[1]), theirs };
    } finally {
      for (const root of roots) await rm(root, { recursive: true, force: true });
    }
  })();
  return measured;
}

function ratioBar(name: string, key: keyof Times, count: number, factor: number): Bar {
  return {
    name,
    goal: `≥ ${factor}× the original`,
    measure: async () => {
      const { ours, theirs } = await measureBoth();
      const ratio = theirs[key] / ours[key];
      const rate = (time: number): string => (count / time).toPrecision(3);
      return {
        figure: `${ratio.toFixed(1)}×`,
        pass: ratio >= factor,
        note: `ours ${rate(ours[key])}/s, theirs ${rate(theirs[key])}/s`,
      };
    },
  };
}

function peakMemory(command: string, args: readonly string[]): number {
  const run = spawnSync("/usr/bin/env", ["bash", "-c", `"$0" "$@"; `, command, ...args], {
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return Number(run.stdout.trim());
}

const memoryBar: Bar = {
  name: "memory for 100,000 references",
  goal: "≤ half of the original's",
  measure: async () => {
    const executable = findPythonButler();
    if (executable === undefined) throw new Error("no Python with lsst-daf-butler (set ALMAGEST_PYTHON)");
    const root = await newRepository(VISITS, DETECTORS, RUNS);
    try {
      await using butler = await openButler(root);
      const type = await butler.getDatasetType("vd");
      const requests = dataIds(VISITS * DETECTORS).map((dataId) => ({ datasetType: type, dataId }));
      await butler.registerDatasets(butler.makeRefs(requests, "bulk"));
      await using python = new PythonButler(executable);
      await python.call("open", { root, writeable: false });
      const { peak_kb: theirsKb } = await python.call<{ peak_kb: number }>("time_query", {
        type: "vd",
        run: "bulk",
      });
      const oursKb = peakMemory(process.execPath, [join(import.meta.dirname, "query-memory.ts"), root]);
      const megabytes = (kb: number): string => `${Math.round(kb / 1024)} MB`;
      return {
        figure: `${(oursKb / theirsKb).toFixed(2)} of it`,
        pass: oursKb <= theirsKb / 2,
        note: `ours ${megabytes(oursKb)}, theirs ${megabytes(theirsKb)}`,
      };
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  },
};

/** The same work by the original and by us, on this machine, in one run. */
export const bars: Bar[] = [
  ratioBar("bulk insert of 100,000 datasets", "insert", VISITS * DETECTORS, 20),
  ratioBar("query of 100,000 references", "query", VISITS * DETECTORS, 10),
  ratioBar("find one dataset", "find", SMALL, 10),
  ratioBar("put a small dataset", "put", SMALL, 5),
  ratioBar("get a small dataset", "get", SMALL, 5),
  ratioBar("ingest files by copy", "ingest", FILES, 5),
  memoryBar,
];
