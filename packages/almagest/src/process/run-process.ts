import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AlmagestError } from "@almagest/base";
import { createRepository } from "@almagest/butler";
import { inspectFrames } from "@almagest/instruments";
import { startStage } from "../cli/progress.ts";
import type { Terminal } from "../cli/terminal.ts";
import { openRepository } from "../open-repository.ts";
import { instrumentCollections } from "../survey/ingest-raws.ts";
import { findFiles } from "./find-files.ts";
import { ingestCatalogues } from "./ingest-catalogues.ts";
import { ingestFrames, reducedRun } from "./ingest-frames.ts";
import { makeMasters } from "./make-masters.ts";
import { readMeasuredFrames } from "./measured-frame.ts";
import { digestOf, runStage } from "./run-stage.ts";

export interface ProcessOptions {
  readonly output: string;
  readonly files: readonly string[];
  readonly reference: readonly string[];
  readonly where?: string;
  readonly workers: number;
}

export async function runProcess(terminal: Terminal, options: ProcessOptions) {
  const found = await findFiles(options.files);
  const look = startStage(terminal, "look at the files");
  const frames = await inspectFrames(found.paths);
  look.end(`${found.paths.length} files`);
  const repository = join(options.output, "repo");
  await mkdir(options.output, { recursive: true });
  if (!existsSync(join(repository, "butler.yaml"))) await createRepository(repository);
  await using butler = await openRepository(repository, { writeable: true });
  const ingest = startStage(terminal, "ingest");
  const instruments = await ingestFrames(butler, frames);
  const catalogue = await ingestCatalogues(butler, options.reference, join(options.output, "refcats"));
  ingest.end(`${frames.length} frames`);
  const context = { butler, terminal, workers: options.workers };
  for (const one of instruments) {
    const { instrument } = one;
    const { raws, calibrations } = instrumentCollections(instrument);
    const inputs: string[] = [];
    const masters = await makeMasters(context, one);
    for (const n of masters.notes) console.log(n);
    if (one.frames.some(({ frame }) => frame.kind === "science")) {
      const s = await runStage(context, {
        title: "reduce",
        file: "process-isr.yaml",
        settings: {},
        where: `instrument = '${instrument}' AND exposure.observation_type = 'science'`,
        inputs: [raws, calibrations],
        run: `process/${instrument}/isr`,
      });
      inputs.push(`process/${instrument}/isr`);
      for (const f of s.failures) console.log(f.code, f.message);
    }
    if (one.frames.some(({ frame }) => frame.kind === "reduced")) {
      const s = await runStage(context, {
        title: "adopt",
        file: "process-adopt.yaml",
        settings: {},
        where: `instrument = '${instrument}'`,
        inputs: [reducedRun(instrument)],
        run: `process/${instrument}/adopted`,
      });
      inputs.push(`process/${instrument}/adopted`);
      for (const f of s.failures) console.log(f.code, f.message);
    }
    if (catalogue.run) inputs.push(catalogue.run);
    const settings = { calibrateImage: {} };
    const run = `process/${instrument}/measured/${digestOf([settings, catalogue.run])}`;
    const s = await runStage(context, {
      title: "measure",
      file: "process-measure.yaml",
      settings,
      where: `instrument = '${instrument}'`,
      inputs,
      run,
    });
    for (const f of s.failures) console.log(JSON.stringify(f.dataId), f.code, f.message);
    const measured = await readMeasuredFrames(butler, one, run);
    for (const m of measured)
      console.log(
        m.path.split("/").at(-1),
        m.sources.rows,
        Object.fromEntries([...m.figures].filter(([k]) => /^[a-z]/.test(k))),
        m.saturatedShare,
      );
  }
}
