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

type Kind = "insert" | "query" | "find" | "put" | "get" | "ingest";

/** What some work took: by the clock, and of the processor, which other programs of the machine change less. */
interface Time {
  readonly wallSec: number;
  readonly cpuSec: number;
}

type Times = Record<Kind, Time>;
type Works = Record<Kind, () => Promise<Time>>;

const KINDS: readonly Kind[] = ["insert", "query", "find", "put", "get", "ingest"];

async function timed(work: () => Promise<unknown>): Promise<Time> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { wallSec: (performance.now() - start) / 1000, cpuSec: (user + system) / 1e6 };
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

function ourWorks(butler: Butler, root: string): Works {
  const all = dataIds(VISITS * DETECTORS);
  const few = all.slice(0, SMALL);
  return {
    insert: async () => {
      const datasetType = await butler.getDatasetType("vd");
      return timed(async () => {
        const requests = all.map((dataId) => ({ datasetType, dataId }));
        await butler.registerDatasets(butler.makeRefs(requests, "bulk"));
      });
    },
    query: () =>
      timed(async () => {
        const found = await butler.queryDatasets("vd", { collections: "bulk" });
        if (found.length !== all.length) throw new Error(`${found.length} datasets`);
      }),
    find: async () => {
      const some = all.slice(0, 1000);
      const { wallSec, cpuSec } = await timed(async () => {
        for (const dataId of some) {
          const found = await butler.findDataset("vd", dataId, { collections: "bulk" });
          if (found === undefined) throw new Error("not found");
        }
      });
      const share = SMALL / some.length;
      return { wallSec: wallSec * share, cpuSec: cpuSec * share };
    },
    put: () =>
      timed(async () => {
        for (const dataId of few) await butler.put(PUT_VALUE, "vd", dataId, { run: "puts" });
      }),
    get: () =>
      timed(async () => {
        for (const dataId of few) await butler.get("vd", dataId, { collections: "puts" });
      }),
    ingest: async () => {
      const files = await filesToIngest(root, "ours");
      const requests = files.map(([path, dataId]) => ({ path, dataId, datasetType: "vd" }));
      return timed(() => butler.ingest(requests, { mode: "copy", run: "in" }));
    },
  };
}

function theirWorks(python: PythonButler, root: string): Works {
  const all = dataIds(VISITS * DETECTORS);
  const few = all.slice(0, SMALL);
  const ask = async (what: string, args: Readonly<Record<string, unknown>>): Promise<Time> => {
    const before = await python.call<number>("processor_time");
    const answer = await python.call<number | { seconds: number }>(what, { type: "vd", ...args });
    const cpuSec = (await python.call<number>("processor_time")) - before;
    return { wallSec: typeof answer === "number" ? answer : answer.seconds, cpuSec };
  };
  return {
    insert: () => ask("time_insert", { run: "bulk", data_ids: all }),
    query: () => ask("time_query", { run: "bulk" }),
    find: () => ask("time_find", { run: "bulk", data_ids: few }),
    put: () => ask("time_put", { run: "puts", data_ids: few, value: PUT_VALUE }),
    get: () => ask("time_get", { run: "puts", data_ids: few }),
    ingest: async () => {
      const files = await filesToIngest(root, "theirs");
      return ask("time_ingest", { run: "in", files, transfer: "copy" });
    },
  };
}

let measured: Promise<{ ours: Times; theirs: Times }> | undefined;

/** Both on fresh repositories of the same content, by turns for each kind of work. */
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
      await python.call("open", { root: roots[0] });
      await using butler = await openButler(roots[1]);
      const [theirs, ours] = [theirWorks(python, roots[0]), ourWorks(butler, roots[1])];
      const times = { ours: {} as Times, theirs: {} as Times };
      for (const kind of KINDS) {
        times.theirs[kind] = await theirs[kind]();
        times.ours[kind] = await ours[kind]();
      }
      return times;
    } finally {
      for (const root of roots) await rm(root, { recursive: true, force: true });
    }
  })();
  return measured;
}

function ratioBar(name: string, kind: Kind, count: number, factor: number): Bar {
  return {
    name,
    goal: `≥ ${factor}× the original`,
    measure: async () => {
      const both = await measureBoth();
      const [ours, theirs] = [both.ours[kind], both.theirs[kind]];
      const ratio = theirs.wallSec / ours.wallSec;
      const rate = ({ wallSec }: Time): string => (count / wallSec).toPrecision(3);
      const cpu = ({ cpuSec }: Time): string => `${((cpuSec / count) * 1e6).toPrecision(3)} µs`;
      return {
        figure: `${ratio.toFixed(1)}×`,
        pass: ratio >= factor,
        note:
          `ours ${rate(ours)}/s, theirs ${rate(theirs)}/s; of the processor each ${cpu(ours)} and ${cpu(theirs)} ` +
          `(${(theirs.cpuSec / ours.cpuSec).toFixed(1)}×)`,
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
