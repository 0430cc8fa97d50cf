import { parseTaiNs } from "@almagest/sphere";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { openRepository } from "../../open-repository.ts";

interface Options {
  readonly beginDate?: string;
  readonly endDate?: string;
}

/** `almagest butler certify-calibrations`: declares calibrations valid for a time span. */
export function addCertifyCalibrations(parent: Command, context: CommandContext): void {
  parent
    .command("certify-calibrations")
    .description("Declare the datasets of a run valid, as calibrations, for a span of time.")
    .argument("<repo>", "root of the repository")
    .argument("<run>", "collection that holds the new calibrations")
    .argument("<calibration>", "CALIBRATION collection to certify them in (made if absent)")
    .argument("<type>", "dataset type, such as bias")
    .option("--begin-date <iso>", "start of validity, TAI, ISO 8601; unbounded unless given")
    .option("--end-date <iso>", "end of validity, TAI, ISO 8601; unbounded unless given")
    .action(async (repo: string, run: string, calibration: string, type: string, options: Options) => {
      await using butler = await openRepository(repo, { writeable: true });
      await butler.registerCollection(calibration, "CALIBRATION");
      const refs = await butler.queryDatasets(type, { collections: run });
      await butler.certify(calibration, refs, {
        ...(options.beginDate === undefined ? {} : { begin: parseTaiNs(options.beginDate, "tai") }),
        ...(options.endDate === undefined ? {} : { end: parseTaiNs(options.endDate, "tai") }),
      });
      context.terminal.err.write(`Certified ${refs.length} ${type} datasets in ${calibration}.\n`);
    });
}
