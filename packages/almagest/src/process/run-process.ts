import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { AlmagestError } from "@almagest/base";
import { type Butler, createRepository } from "@almagest/butler";
import { type FrameInfo, inspectFrames } from "@almagest/instruments";
import { taiNsToMjd } from "@almagest/sphere";
import { type Table, writeParquet } from "@almagest/tables";
import { startStage } from "../cli/progress.ts";
import type { Terminal } from "../cli/terminal.ts";
import { openRepository } from "../open-repository.ts";
import { findFiles } from "../survey/find-files.ts";
import { describeFailures } from "../survey/run-failures.ts";
import { buildCatalogue, buildSources } from "./build-catalogue.ts";
import { checkComplete } from "./check-complete.ts";
import { compareEpochs } from "./compare-epochs.ts";
import { exportImages } from "./export-images.ts";
import { ingestCatalogues } from "./ingest-catalogues.ts";
import { ingestFrames } from "./ingest-frames.ts";
import { type MeasuredInstrument, measureFrames } from "./measure-frames.ts";
import {
  describeElectronics,
  type MeasuredElectronics,
  readMeasuredElectronics,
} from "./measured-electronics.ts";
import { type MeasuredFrame, readMeasuredFrames } from "./measured-frame.ts";
import { placeBlindVisits } from "./place-blind-visits.ts";
import { isSkyFrame } from "./process-frame.ts";
import {
  collectNotes,
  describeComparison,
  type FileOutcome,
  listFiles,
  type ProcessOutcome,
} from "./process-outcome.ts";
import { writeProcessReport } from "./process-report.ts";
import type { StageContext } from "./run-stage.ts";
import { settleFrames } from "./settle-frames.ts";
import { stackFields } from "./stack-fields.ts";
import { writeCsv } from "./write-csv.ts";

/** Name of the chained collection that finds everything a run of `almagest process` made. */
export const PROCESS_CHAIN = "process";

/** What to process and where to put the results. */
export interface ProcessOptions {
  readonly output: string;
  readonly files: readonly string[];
  /** Reference catalogues. */
  readonly reference: readonly string[];
  /** Only frames for which this data query holds. */
  readonly where?: string;
  readonly workers: number;
}

/**
 * Takes any telescope's frames to calibrated images, stacks, a catalogue and a report page. What was done before in the same
 * folder is kept. Throws `ALMAGEST.NO_FILES` when nothing useful came out, `ALMAGEST.CATALOGUE_UNREADABLE`.
 */
export async function runProcess(terminal: Terminal, options: ProcessOptions): Promise<ProcessOutcome> {
  const started = performance.now();
  const look = startStage(terminal, "look at the files");
  const references = options.reference.map((path) => resolve(path));
  const { paths, refused } = await findFiles(options.files);
  const frames = await checkComplete(await inspectFrames(paths));
  look.end(countKinds(frames));
  if (!frames.some(({ kind }) => kind === "science" || kind === "reduced")) {
    const files = listFiles(frames, refused, [], [], [], []);
    throw new AlmagestError("ALMAGEST.NO_FILES", describeUseless(files), { fields: { files } });
  }
  const repository = join(options.output, "repo");
  await mkdir(options.output, { recursive: true });
  if (!existsSync(join(repository, "butler.yaml"))) await createRepository(repository);
  await using butler = await openRepository(repository, { writeable: true });
  const ingest = startStage(terminal, "ingest");
  const instruments = await ingestFrames(butler, frames, (done, total) => ingest.update(done, total));
  const catalogue = await ingestCatalogues(
    butler,
    options.reference,
    join(options.output, "refcat-shards"),
    meanEpoch(frames),
  );
  ingest.end(catalogue.run === undefined ? "no reference catalogue" : `${catalogue.stars} reference stars`);

  const context: StageContext = { butler, terminal, workers: options.workers };
  const measured: MeasuredInstrument[] = [];
  const seen: MeasuredFrame[] = [];
  for (const one of instruments.filter((instrument) => instrument.frames.some(isSkyFrame))) {
    await placeBlindVisits(butler, one, catalogue);
    const result = await measureFrames(context, one, catalogue, options.where);
    measured.push(result);
    seen.push(...(await readMeasuredFrames(butler, one, result.run)));
  }
  const failed = measured.flatMap((one) => one.failed);
  const settled = settleFrames(seen);
  if (settled.length === 0) {
    const files = listFiles(frames, refused, instruments, settled, failed, references);
    throw new AlmagestError("ALMAGEST.NO_FILES", describeUseless(files), { fields: { files } });
  }
  const stacked = await stackFields(
    context,
    settled,
    measured.map(({ run }) => run),
  );
  const runs = [
    stacked.run,
    stacked.tiesRun,
    ...measured.flatMap(({ run, imageRuns }) => [run, ...imageRuns]),
  ];
  await butler.registerCollection(PROCESS_CHAIN, "CHAINED");
  await butler.setChain(
    PROCESS_CHAIN,
    runs.filter((run) => run !== undefined),
  );

  const products = startStage(terminal, "write the products");
  const images = await exportImages(butler, settled, stacked, join(options.output, "images"), (done, total) =>
    products.update(done, total, "images"),
  );
  const objects = await buildCatalogue(butler, settled, stacked);
  const sources = buildSources(settled);
  const cataloguePath = await writeTables(options.output, objects, sources);
  const comparisons = compareEpochs(settled);
  const files = listFiles(frames, refused, instruments, settled, failed, references);
  const masterRuns = await knownRuns(butler, measured);
  const electronics: MeasuredElectronics[] = [];
  for (const { instrument } of instruments)
    electronics.push(...(await readMeasuredElectronics(butler, instrument, masterRuns)));
  const others = [
    ...electronics.slice(0, 4).map(describeElectronics),
    ...measured.flatMap(({ notes }) => notes),
    ...(catalogue.run === undefined ? ["No reference catalogue was given (--reference)."] : []),
    ...(stacked.map === undefined ? ["Nothing is stacked: no field has two good frames."] : []),
    ...(stacked.summary?.status === "failed" ? [describeFailures(stacked.summary)] : []),
  ];
  const notes = collectNotes(files, settled, catalogue.run !== undefined, others);
  const report = await writeProcessReport({
    butler,
    output: options.output,
    chain: PROCESS_CHAIN,
    masterRuns,
    frames: settled,
    files,
    images,
    stacked,
    comparisons,
    notes,
    objects: objects.rows,
    totalSec: (performance.now() - started) / 1000,
  });
  products.end(`${images.size} images, ${objects.rows} objects`);
  return {
    output: options.output,
    repository,
    report,
    catalogue: cataloguePath,
    objects: objects.rows,
    sources: sources.rows,
    images: [...images.values()].map(({ path }) => path),
    files,
    electronics,
    comparisons: comparisons.map(describeComparison),
    notes,
    seconds: (performance.now() - started) / 1000,
  };
}

/** Mean time of the frames of the sky in years; undefined where no header tells it. */
function meanEpoch(frames: readonly FrameInfo[]): number | undefined {
  const years = frames.flatMap(({ kind, beginTaiNs }) =>
    (kind === "science" || kind === "reduced") && beginTaiNs !== undefined
      ? [2000 + (taiNsToMjd(beginTaiNs, "tai") - 51_544.5) / 365.25]
      : [],
  );
  return years.length === 0 ? undefined : years.reduce((sum, year) => sum + year, 0) / years.length;
}

function countKinds(frames: readonly FrameInfo[]): string {
  const kinds = Map.groupBy(frames, ({ kind }) => kind);
  return [...kinds].map(([kind, { length }]) => `${length} ${kind}`).join(", ");
}

function describeUseless(files: readonly FileOutcome[]): string {
  const reasons = files.slice(0, 5).map(({ file, reason, kind }) => `${file}: ${reason ?? kind}`);
  const more = files.length > 5 ? ` … and ${files.length - 5} more` : "";
  return `None of the files is a picture of the sky that could be processed. ${reasons.join(" | ")}${more}`;
}

async function knownRuns(butler: Butler, measured: readonly MeasuredInstrument[]): Promise<string[]> {
  const known = new Set((await butler.queryCollections()).map(({ name }) => name));
  return measured.flatMap(({ masterRuns }) => masterRuns).filter((run) => known.has(run));
}

/** Writes the catalogue as Parquet and CSV, and all sources of all frames as Parquet; gives the catalogue's path. */
async function writeTables(output: string, objects: Table, sources: Table): Promise<string> {
  const path = join(output, "catalogue.parquet");
  await writeParquet(path, objects);
  await writeCsv(join(output, "catalogue.csv"), objects);
  await writeParquet(join(output, "sources.parquet"), sources);
  return path;
}
