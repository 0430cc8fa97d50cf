import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { openGraphFile, parsePipeline, preparePipeline, writeGraphFile } from "@almagest/pipeline";
import { SURVEY_YAML } from "../../packages/pipeline/src/fixtures/numeric-tasks.ts";
import { createSurvey } from "../../packages/pipeline/src/fixtures/synthetic-repository.ts";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";

function runPython(script: string, path: string): unknown {
  const text = execFileSync(findPython(["lsst.pipe.base"]), [join(import.meta.dirname, script), path], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(text);
}

async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-graph-files-"));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Loaded {
  readonly header: { readonly n_quanta: number; readonly n_datasets: number };
  readonly quanta: Readonly<Record<string, number>>;
  readonly datasets: number;
  readonly edges: number;
  readonly edges_agree: boolean;
  readonly partial: number;
  readonly recorded: number;
  readonly records_agree: boolean;
}

/** A graph of ours in the original's reader: every part read, every data id given its records. */
async function theyReadOurs(): Promise<{ figure: string; pass: boolean; note?: string }> {
  return withFolder(async (folder) => {
    const survey = { visits: 12, detectors: 6, bands: 3, tracts: 2, patches: 4, patchesPerDetector: 2 };
    await using butler = await createSurvey(join(folder, "repo"), survey);
    const { quanta } = await preparePipeline({
      butler,
      pipeline: await parsePipeline(SURVEY_YAML),
      runtimeModule: new URL("../../packages/pipeline/src/fixtures/numeric-tasks.ts", import.meta.url),
      where: "instrument='SynCam' AND skymap='grid'",
      inputs: ["defaults"],
      outputRun: "out",
    });
    const path = join(folder, "ours.qg");
    await writeGraphFile(quanta, { butler, path, location: join(folder, "repo") });
    await using file = await openGraphFile(path);
    const thin = await file.readThinGraph();
    const theirs = runPython("load-graph.py", path) as Loaded;
    const pass =
      isDeepStrictEqual(theirs.quanta, file.header.n_task_quanta) &&
      theirs.header.n_quanta === quanta.count &&
      theirs.datasets === file.header.n_datasets &&
      theirs.edges === thin.edges.length &&
      theirs.edges_agree &&
      theirs.partial === 1 &&
      theirs.recorded > 0 &&
      theirs.records_agree;
    return {
      figure: `${quanta.count} quanta, ${theirs.edges} edges, ${theirs.datasets} datasets the same; ${theirs.recorded} datastore records of inputs; one quantum read alone`,
      pass,
      note: "header, pipeline, thin graph, init quanta, datasets and dimension records, with the original's reader",
    };
  });
}

interface Written {
  readonly output_run: string;
  readonly n_datasets: number;
  readonly quanta: Readonly<Record<string, readonly [label: string, values: readonly unknown[]]>>;
  readonly edges: readonly (readonly [string, string])[];
  readonly datasets: Readonly<Record<string, readonly [inputs: string[], outputs: string[]]>>;
  readonly records: Readonly<Record<string, number>>;
  readonly dataset_types: readonly string[];
}

/** A graph that the original's builder made with its mock tasks, in our reader. */
async function weReadTheirs(): Promise<{ figure: string; pass: boolean; note?: string }> {
  return withFolder(async (folder) => {
    const path = join(folder, "theirs.qg");
    const theirs = runPython("make-graph.py", path) as Written;
    await using file = await openGraphFile(path);
    const datasets: Record<string, [string[], string[]]> = {};
    const idsOf = (lists: Readonly<Record<string, readonly { readonly dataset_id: string }[]>>): string[] =>
      [...new Set(Object.values(lists).flatMap((list) => list.map(({ dataset_id }) => dataset_id)))].sort();
    for await (const quantum of file.readQuanta(Object.keys(theirs.quanta))) {
      datasets[quantum.quantum_id] = [idsOf(quantum.inputs), idsOf(quantum.outputs)];
    }
    const thin = await file.readThinGraph();
    const quanta = Object.fromEntries(
      Object.entries(thin.quanta).flatMap(([label, list]) =>
        list.map(({ quantum_id, data_coordinate }) => [quantum_id, [label, data_coordinate]]),
      ),
    );
    const records = Object.entries(await file.readDimensionData()).map(([name, list]) => [name, list.length]);
    const types = Object.keys((await file.readPipeline()).dataset_types).sort();
    const differing = Object.entries({
      run: file.header.output_run === theirs.output_run,
      quanta: isDeepStrictEqual(quanta, theirs.quanta),
      edges: isDeepStrictEqual(
        thin.edges.map((edge) => edge.join()).sort(),
        theirs.edges.map((e) => e.join()).sort(),
      ),
      datasets: isDeepStrictEqual(datasets, theirs.datasets),
      records: isDeepStrictEqual(Object.fromEntries(records), theirs.records),
      types: isDeepStrictEqual(types, theirs.dataset_types),
    }).flatMap(([name, same]) => (same ? [] : [name]));
    return {
      figure: `${Object.keys(quanta).length} quanta, ${thin.edges.length} edges; ${differing.length === 0 ? "all the same" : `differing: ${differing.join(", ")}`}`,
      pass: differing.length === 0,
      note: "built by the original from mock tasks, with a compression dictionary",
    };
  });
}

/** Quantum graph files, both ways. */
export const bars: Bar[] = [
  {
    name: "the original reads our .qg files",
    goal: "same quanta, edges, datasets, records",
    measure: theyReadOurs,
  },
  {
    name: "we read the original's .qg files",
    goal: "same quanta, edges, datasets, records",
    measure: weReadTheirs,
  },
];
