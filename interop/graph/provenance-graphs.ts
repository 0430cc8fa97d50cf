import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  openGraphFile,
  openProvenanceFile,
  type ProvenanceFile,
  parsePipeline,
  preparePipeline,
  runQuantumBacked,
  writeGraphFile,
  writeProvenanceFile,
} from "@almagest/pipeline";
import { SURVEY_YAML } from "../../packages/pipeline/src/fixtures/numeric-tasks.ts";
import { createSurvey, openSurvey } from "../../packages/pipeline/src/fixtures/synthetic-repository.ts";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";

const SURVEY = { visits: 4, detectors: 4, bands: 2, tracts: 1, patches: 4, patchesPerDetector: 2 };
const runtimeModule = new URL("../../packages/pipeline/src/fixtures/numeric-tasks.ts", import.meta.url);

interface Read {
  readonly quanta: Readonly<Record<string, readonly [string, string, number | null, boolean]>>;
  readonly edges: number;
  readonly produced: readonly string[];
  readonly logs: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, boolean>>;
  readonly packages: Readonly<Record<string, string>>;
  readonly rows: number;
}

function runPython<T>(...args: readonly string[]): T {
  const script = join(import.meta.dirname, "aggregate-graph.py");
  const text = execFileSync(findPython(["lsst.pipe.base"]), [script, ...args], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(text.trim().split("\n").at(-1)!) as T;
}

/** What both kinds of file tell, in one form: the last attempt of each quantum, who made and read each dataset. */
async function tellAll(file: ProvenanceFile): Promise<{ quanta: unknown; datasets: unknown; init: unknown }> {
  const quanta = new Map<string, unknown>();
  for await (const quantum of file.readQuanta()) {
    const { quantum_id, task_label, data_coordinate, inputs, outputs, attempts } = quantum;
    const last = attempts.at(-1);
    const usage = last?.resource_usage;
    quanta.set(quantum_id, [
      task_label,
      data_coordinate,
      inputs,
      outputs,
      attempts.length,
      last?.status,
      last?.caveats,
      last?.exception?.message,
      usage && [Date.parse(usage.start), usage.memory, usage.run_time.toFixed(3)],
      (await file.readLogs(quantum_id))?.attempts.map((log) => log?.map(({ message }) => message)),
      (await file.readMetadata(quantum_id))?.attempts,
    ]);
  }
  const datasets = new Map<string, unknown>();
  for await (const { dataset_id, consumers, ...rest } of file.readDatasets())
    datasets.set(dataset_id, [rest, [...consumers].sort()]);
  const sorted = (map: ReadonlyMap<string, unknown>): unknown =>
    [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  const init = (await file.readInitQuanta()).map((each) => JSON.stringify(each)).sort();
  return { quanta: sorted(quanta), datasets: sorted(datasets), init };
}

/** Our quanta run on files alone, some fail; the original aggregates them, and each reads the other's provenance graph. */
async function compareProvenance(): Promise<{ figure: string; pass: boolean; note?: string }> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-aggregate-"));
  try {
    const location = join(folder, "repo");
    const path = join(folder, "predicted.qg");
    {
      await using butler = await createSurvey(location, SURVEY);
      const yaml = SURVEY_YAML.replace(
        "lsst.ip.isr.IsrTaskLSST",
        '{class: isr, config: {failOn: "exposure=1 detector=1", noWorkOn: "exposure=2 detector=2"}}',
      );
      const { quanta } = await preparePipeline({
        butler,
        pipeline: await parsePipeline(yaml),
        runtimeModule,
        where: "instrument='SynCam' AND skymap='grid'",
        inputs: ["defaults"],
        output: "files",
        outputRun: "files/run",
      });
      await writeGraphFile(quanta, { butler, path, location, output: "files" });
    }
    const summary = await runQuantumBacked({ path, location, runtimeModule, workers: 0 });
    const theirPath = join(folder, "theirs.qg");
    const { ingested } = runPython<{ ingested: string[] }>(path, location, theirPath, "");
    await using butler = await openSurvey(location);
    await using predicted = await openGraphFile(path);
    const ourPath = join(folder, "ours.qg");
    const counts = await writeProvenanceFile(predicted, { source: butler, path: ourPath });
    const read = runPython<Read>("", "", "", ourPath);
    await using ours = await openProvenanceFile(ourPath);
    await using theirs = await openProvenanceFile(theirPath);
    const [own, other] = [await tellAll(ours), await tellAll(theirs)];
    const states = Object.values(read.quanta).map(([, status]) => status);
    const countOf = (wanted: string): number => states.filter((status) => status === wanted).length;
    const differing = Object.entries({
      quanta: isDeepStrictEqual(own.quanta, other.quanta),
      datasets: isDeepStrictEqual(own.datasets, other.datasets),
      "init quanta": isDeepStrictEqual(own.init, other.init),
      states:
        countOf("SUCCESSFUL") === counts.succeeded &&
        countOf("FAILED") === counts.failed &&
        countOf("BLOCKED") === counts.blocked,
      "logs and metadata":
        Object.keys(read.logs).length === counts.succeeded + counts.failed &&
        Object.values(read.metadata).filter(Boolean).length === counts.succeeded,
      ingested:
        ingested.length > 0 && new Set(read.produced).isSubsetOf(new Set([...ingested, ...inputsOf(own)])),
      packages: read.packages.almagest !== undefined,
    }).flatMap(([name, same]) => (same ? [] : [name]));
    return {
      figure: `${states.length} quanta (${counts.failed} failed, ${counts.blocked} blocked), ${ingested.length} datasets ingested; ${differing.length === 0 ? "all the same" : `differing: ${differing.join(", ")}`}`,
      pass: differing.length === 0 && summary.status === "failed" && counts.blocked > 0,
      note: "our quanta ran without the database, the original's aggregate-graph ingested them; both provenance graphs then tell the same, and each reads the other's",
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const inputsOf = ({ datasets }: { readonly datasets: unknown }): string[] =>
  (datasets as [string, [{ producer: string | null }, unknown]][]).flatMap(([id, [{ producer }]]) =>
    producer === null ? [id] : [],
  );

/** Provenance graphs, both ways. */
export const bars: Bar[] = [
  {
    name: "provenance graphs, both ways",
    goal: "the original aggregates our run; same attempts, caveats, logs, metadata, makers and readers",
    measure: compareProvenance,
  },
];
