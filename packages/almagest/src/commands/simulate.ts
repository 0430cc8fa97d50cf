import { availableParallelism } from "node:os";
import { type createSurveyOptions, simulateSurvey } from "@almagest/simulator";
import type { Command } from "commander";
import type { CommandContext } from "../cli/command-context.ts";
import { collectList, parseNumber, parseWhole } from "../cli/parse-options.ts";
import { toJsonText } from "../cli/print-rows.ts";
import { startStage } from "../cli/progress.ts";

interface Options {
  readonly seed?: number;
  readonly bands?: string[];
  readonly visits?: number;
  readonly detectors?: string[];
  readonly size?: number;
  readonly ra?: number;
  readonly dec?: number;
  readonly seeing?: number;
  readonly stars?: number;
  readonly galaxies?: number;
  readonly jobs: number;
  readonly json?: boolean;
}

/** The options that were given, under the names of the simulator. */
function toChanges(options: Options): NonNullable<Parameters<typeof createSurveyOptions>[0]> {
  const [columns, rows = columns] = options.detectors?.map(parseWhole) ?? [];
  const camera = {
    ...(columns === undefined ? {} : { columns, rows: rows! }),
    ...(options.size === undefined ? {} : { width: options.size, height: options.size }),
  };
  const given = {
    seed: options.seed,
    bands: options.bands,
    visitsPerBand: options.visits,
    raDeg: options.ra,
    decDeg: options.dec,
    seeingArcsec: options.seeing,
    starsPerArcmin2: options.stars,
    galaxiesPerArcmin2: options.galaxies,
  };
  return { ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)), camera };
}

/** `almagest simulate`: a synthetic survey as raw files with its truth. */
export function addSimulate(program: Command, context: CommandContext): void {
  program
    .command("simulate")
    .description(
      "Make a synthetic survey: raw frames, calibration frames, reference catalogue and truth tables.",
    )
    .argument("<folder>", "where to put it")
    .option("--seed <n>", "the same seed gives the same bytes", parseWhole)
    .option("--bands <list>", "some of u,g,r,i,z,y", collectList)
    .option("--visits <n>", "visits per band", parseWhole)
    .option("--detectors <columns,rows>", "detectors side by side and above each other", collectList)
    .option("--size <pixels>", "side of a detector, a multiple of 8", parseWhole)
    .option("--ra <deg>", "right ascension of the field", parseNumber)
    .option("--dec <deg>", "declination of the field", parseNumber)
    .option("--seeing <arcsec>", "median seeing", parseNumber)
    .option("--stars <n>", "stars per square arcmin", parseNumber)
    .option("--galaxies <n>", "galaxies per square arcmin", parseNumber)
    .option("-j, --jobs <n>", "worker threads", parseWhole, availableParallelism())
    .option("--json", "print what was made as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  almagest simulate survey --bands r,i --visits 3 --detectors 1,1 --size 512",
    )
    .action(async (folder: string, options: Options) => {
      const stage = startStage(context.terminal, "simulate");
      const manifest = await simulateSurvey(folder, toChanges(options), {
        workers: options.jobs,
        onProgress: (done, total) => stage.update(done, total),
      });
      stage.end(`${manifest.raws.length} raw frames in ${folder}`);
      if (options.json) context.terminal.out.write(`${toJsonText(manifest)}\n`);
    });
}
