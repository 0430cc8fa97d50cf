import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AlmagestError } from "@almagest/base";
import type { Command } from "commander";
import type { CommandContext } from "../cli/command-context.ts";
import { openRepository } from "../open-repository.ts";
import { buildReport } from "../report/build-report.ts";
import { PIPELINES } from "../survey/make-calibrations.ts";

interface Options {
  readonly output: string;
  readonly instrument?: string;
  readonly skymap?: string;
  readonly pipeline: string;
  readonly title?: string;
}

/** `almagest report`: the page of pictures and charts of a finished run. */
export function addReport(program: Command, context: CommandContext): void {
  program
    .command("report")
    .description("Write a page of pictures and charts of a finished run.")
    .argument("<repo>", "root of the repository")
    .argument("<run>", "collection that holds the run's products")
    .option("--output <file>", "the page", "report.html")
    .option("--instrument <name>", "instrument; the repository's only one unless given")
    .option("--skymap <name>", "sky map to draw; the repository's only one unless given")
    .option("--pipeline <file>", "pipeline file to draw", join(PIPELINES, "science.yaml"))
    .option("--title <text>", "heading of the page")
    .action(async (repo: string, run: string, options: Options) => {
      await using butler = await openRepository(repo);
      const names = async (element: string): Promise<string[]> =>
        (await butler.queryRecords(element)).map((record) => String(record.name));
      const instrument = options.instrument ?? (await names("instrument"))[0];
      if (instrument === undefined) {
        throw new AlmagestError("ALMAGEST.USAGE", `${repo} has no instrument yet: ingest raws first.`);
      }
      const skymap = options.skymap ?? (await names("skymap"))[0];
      const html = await buildReport({
        butler,
        run,
        otherRuns: [],
        instrument,
        ...(skymap === undefined ? {} : { skymap }),
        pipelineFile: options.pipeline,
        title: options.title ?? `Run ${run}`,
        subtitle: `Products of ${run}, instrument ${instrument}.`,
      });
      await writeFile(options.output, html);
      context.terminal.err.write(`Wrote ${options.output}.\n`);
    });
}
