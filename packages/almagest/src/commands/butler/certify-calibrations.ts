import { AlmagestError } from "@almagest/base";
import { parseTaiNs } from "@almagest/sphere";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { openCatalogue } from "../../open-catalogue.ts";

interface Options {
  readonly beginDate?: string;
  readonly endDate?: string;
  readonly searchAllInputs?: boolean;
}

/** `almagest butler certify-calibrations`: declares calibrations valid for a time span. */
export function addCertifyCalibrations(parent: Command, context: CommandContext): void {
  parent
    .command("certify-calibrations")
    .description("Declare the datasets of a collection valid, as calibrations, for a span of time.")
    .argument("<repo>", "root of the repository")
    .argument("<input>", "collection that holds the new calibrations")
    .argument("<output>", "CALIBRATION collection to certify them in (made if absent)")
    .argument("<type>", "dataset type, such as bias")
    .option("--begin-date <iso>", "start of validity, TAI, ISO 8601; unbounded unless given")
    .option("--end-date <iso>", "end of validity, TAI, ISO 8601; unbounded unless given")
    .option("--search-all-inputs", "search the whole of a chain, not only its first child")
    .action(async (repo: string, input: string, output: string, type: string, options: Options) => {
      const span = {
        ...(options.beginDate === undefined ? {} : { begin: parseTaiNs(options.beginDate, "tai") }),
        ...(options.endDate === undefined ? {} : { end: parseTaiNs(options.endDate, "tai") }),
      };
      await using butler = await openCatalogue(repo, { writeable: true });
      const info = await butler.getCollection(input);
      const first = info.kind === "CHAINED" && !options.searchAllInputs ? info.children[0] : input;
      const collections = first ?? input;
      const refs = await butler.queryDatasets(type, { collections });
      if (refs.length === 0) {
        const { reasons } = await butler.explain({ datasets: type, options: { collections } });
        throw new AlmagestError(
          "BUTLER.DATASET_MISSING",
          `No inputs found for dataset ${type} in ${collections}. ${reasons.join(" ")}`,
          { fields: { datasetType: type, collection: collections } },
        );
      }
      await butler.registerCollection(output, "CALIBRATION");
      await butler.certify(output, refs, span);
      context.terminal.err.write(`Certified ${refs.length} ${type} datasets in ${output}.\n`);
    });
}
