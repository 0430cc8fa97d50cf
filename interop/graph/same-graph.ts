import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SURVEY_YAML } from "../../packages/pipeline/src/fixtures/numeric-tasks.ts";
import { createSurvey } from "../../packages/pipeline/src/fixtures/synthetic-repository.ts";
import type { SyntheticSurvey } from "../../packages/pipeline/src/fixtures/synthetic-source.ts";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";
import { describeTasks } from "./describe-tasks.ts";

/** What a builder tells of a graph. Digests are sums of line hashes, whatever the order. */
interface Built {
  readonly counts: Readonly<Record<string, number>>;
  readonly quanta: readonly [count: number, digest: string];
  readonly edges: readonly [count: number, digest: string];
  readonly seconds: number;
  /** Peak memory of the process, and what it was when building began. */
  readonly peakMb: number;
  readonly baseMb: number;
}

const WHERE = "instrument='SynCam' AND skymap='grid'";

function run(program: string, args: readonly string[]): Built {
  const done = spawnSync(program, args, { encoding: "utf8", maxBuffer: 2 ** 30 });
  if (done.status !== 0) throw new Error(`${args[0]} failed: ${done.stderr.trim().slice(-2000)}`);
  return JSON.parse(done.stdout) as Built;
}

interface Comparison {
  readonly ours: Built;
  readonly theirs: Built;
  readonly same: boolean;
}

async function compare(visits: number): Promise<Comparison> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-same-graph-"));
  try {
    const root = join(folder, "repo");
    const survey: SyntheticSurvey = {
      visits,
      detectors: 40,
      bands: 6,
      tracts: 4,
      patches: 100,
      patchesPerDetector: 3,
    };
    await (await createSurvey(root, survey, { files: false })).close();
    const pipeline = join(folder, "survey.yaml");
    writeFileSync(pipeline, SURVEY_YAML);
    const described = join(folder, "survey.json");
    writeFileSync(described, await describeTasks(SURVEY_YAML));
    const python = findPython(["lsst.pipe.base", "lsst.daf.butler"], true);
    const script = (name: string): string => new URL(`./${name}`, import.meta.url).pathname;
    const ours = run(process.execPath, [script("build-ours.ts"), root, pipeline, WHERE]);
    const theirs = run(python, [script("build-original.py"), root, described, WHERE]);
    const same = JSON.stringify([ours.quanta, ours.edges]) === JSON.stringify([theirs.quanta, theirs.edges]);
    return { ours, theirs, same };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const done = new Map<number, Promise<Comparison>>();
function compared(visits: number): Promise<Comparison> {
  let found = done.get(visits);
  if (!found) done.set(visits, (found = compare(visits)));
  return found;
}

/** The bars of one size: equal, faster, smaller. */
function barsOf(name: string, visits: number): Bar[] {
  return [
    {
      name: `${name} quanta beside lsst.pipe.base`,
      goal: "the same quanta and edges",
      async measure() {
        const { ours, theirs, same } = await compared(visits);
        return {
          figure: same
            ? "the same"
            : `${ours.quanta}, ${ours.edges} against ${theirs.quanta}, ${theirs.edges}`,
          pass: same,
          note: `${ours.quanta[0]} quanta, ${ours.edges[0]} edges of 7 tasks, prerequisites included, from one repository`,
        };
      },
    },
    {
      name: `${name} quanta, time`,
      goal: "≥ 30 times faster",
      async measure() {
        const { ours, theirs } = await compared(visits);
        const factor = theirs.seconds / ours.seconds;
        return {
          figure: `${factor.toFixed(0)} times`,
          pass: factor >= 30,
          note: `${ours.seconds.toFixed(2)} s against ${theirs.seconds.toFixed(1)} s, queries included`,
        };
      },
    },
    {
      name: `${name} quanta, memory`,
      goal: "≤ 1/10",
      async measure() {
        const { ours, theirs } = await compared(visits);
        const [own, other] = [ours, theirs].map(({ peakMb, baseMb }) => peakMb - baseMb) as [number, number];
        return {
          figure: `1/${(other / own).toFixed(1)}`,
          pass: own <= other / 10,
          note: `growth while building ${own.toFixed(0)} MB against ${other.toFixed(0)} MB; peaks of the processes ${ours.peakMb.toFixed(0)} and ${theirs.peakMb.toFixed(0)} MB`,
        };
      },
    },
  ];
}

/** The same repository and pipeline through both builders. `ALMAGEST_GRAPH_VISITS` sets another size for the larger. */
export const bars: Bar[] = [
  ...barsOf("10⁴", 50),
  ...barsOf("10⁵", Number(process.env.ALMAGEST_GRAPH_VISITS ?? 500)),
];
