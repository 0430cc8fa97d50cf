import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { createRandom } from "@almagest/base";
import {
  type ConfigTree,
  createBpsConfig,
  orderJobs,
  resolveResources,
  type WorkflowJob,
} from "@almagest/batch";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";

interface Case {
  readonly jobs: readonly WorkflowJob[];
  readonly ordering: ConfigTree;
}

const resources = resolveResources(createBpsConfig({ requestMemory: 100 }), {});

/** Small surveys: isr and calibrate per exposure or visit and detector, sums per visit, a total; ordered this way and that. */
function makeCase(number: number): Case {
  const random = createRandom(`ordering ${number}`);
  const [visits, detectors] = [1 + random.integer(4), 1 + random.integer(3)];
  const jobs: WorkflowJob[] = [];
  const add = (name: string, label: string, tags: Record<string, number>, parents: string[]): void => {
    jobs.push({ name, label, tags, parents, quanta: [], resources, folder: label });
  };
  for (let visit = 0; visit < visits; visit++) {
    for (let detector = 0; detector < detectors; detector++) {
      add(`isr_${visit}_${detector}`, "isr", { exposure: visit, detector }, []);
    }
  }
  const at = Array.from({ length: visits * detectors }, (_, i) => [Math.floor(i / detectors), i % detectors]);
  for (const [visit, detector] of at as [number, number][]) {
    add(`cal_${visit}_${detector}`, "cal", { visit, detector }, [`isr_${visit}_${detector}`]);
  }
  for (let visit = 0; visit < visits; visit++) {
    const parents = at.flatMap(([v, detector]) => (v === visit ? [`cal_${visit}_${detector}`] : []));
    add(`sum_${visit}`, "sum", { visit }, parents);
  }
  add(
    "total",
    "total",
    {},
    jobs.flatMap(({ name, label }) => (label === "sum" ? [name] : [])),
  );
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;
  const own = pick<ConfigTree>([
    { labels: "cal", dimensions: "visit" },
    { labels: "isr", dimensions: "exposure,detector" },
    { labels: "isr,cal", dimensions: "visit", equalDimensions: "visit:exposure" },
    { labels: "isr,cal,sum", dimensions: "visit", equalDimensions: "visit:exposure" },
    { labels: "cal,sum", dimensions: "visit", findDependencyMethod: "sink" },
    { labels: "isr,cal", dimensions: "exposure", findDependencyMethod: "source" },
    { labels: "sum", dimensions: "visit" },
  ]);
  const implementation = pick(["noop", "group"]);
  return { jobs, ordering: { one: { ...own, implementation, blocking: pick([true, false]) } } };
}

/** Every pair of jobs of which the second begins only when the first has ended. */
function closure({ jobs, ordering }: Case): [string, string][] {
  const before = new Map<string, Set<string>>();
  const seams = new Set<string>();
  for (const { name, parents, kind } of orderJobs(jobs, ordering, resources)) {
    const all = new Set(parents.flatMap((parent) => [parent, ...before.get(parent)!]));
    before.set(name, all);
    if (kind === "NOOP") seams.add(name);
  }
  const pairs = [...before].flatMap(([name, all]) =>
    seams.has(name)
      ? []
      : [...all].flatMap((each): [string, string][] => (seams.has(each) ? [] : [[each, name]])),
  );
  return pairs.sort((a, b) => (a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]) ? -1 : 1));
}

/** The `ordering` section means the same as to the original. */
export const bars: Bar[] = [
  {
    name: "ordering of jobs",
    goal: "in 300 random workflows, with groups and NOOP jobs, the same jobs wait for each other as in lsst.ctrl.bps",
    async measure() {
      const cases = Array.from({ length: 300 }, (_, number) => makeCase(number));
      const python = findPython(["lsst.ctrl.bps"], true);
      const run = spawnSync(python, [join(import.meta.dirname, "ordering.py")], {
        input: JSON.stringify(cases),
        encoding: "utf8",
        maxBuffer: 1 << 28,
      });
      if (run.status !== 0) throw new Error(run.stderr.trim().split("\n").at(-1));
      const theirs = JSON.parse(run.stdout) as unknown[];
      const same = cases.filter((each, number) => isDeepStrictEqual(closure(each), theirs[number])).length;
      const first = cases.findIndex((each, number) => !isDeepStrictEqual(closure(each), theirs[number]));
      const other = first < 0 ? "" : `; first other: ${JSON.stringify(cases[first]!.ordering)}`;
      return { figure: `${same} of ${cases.length} the same${other}`, pass: same === cases.length };
    },
  },
];
