import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList } from "../../cli/parse-options.ts";
import { type RowOptions, toJsonText } from "../../cli/print-rows.ts";
import { EXIT } from "../../cli/report-error.ts";
import { openRepository } from "../../open-repository.ts";

interface Options extends RowOptions {
  readonly quiet?: boolean;
  readonly datasetType?: string[];
  readonly ignore?: string[];
}

/** `almagest butler config-validate`: whether every dataset type has a sound template and a formatter. */
export function addConfigValidate(parent: Command, context: CommandContext): void {
  parent
    .command("config-validate")
    .description("Check that files of every dataset type can be named apart, written and read.")
    .argument("<repo>", "root of the repository")
    .option("-q, --quiet", "do not list what is wrong")
    .option("-d, --dataset-type <types>", "only these", collectList)
    .option("-i, --ignore <types>", "not these", collectList)
    .option("--json", "print one JSON array of {dataset_type, problem}")
    .action(async (repo: string, options: Options) => {
      await using butler = await openRepository(repo);
      const problems = await butler.validateConfiguration({
        ...(options.datasetType === undefined ? {} : { datasetTypes: options.datasetType }),
        ...(options.ignore === undefined ? {} : { ignore: options.ignore }),
      });
      const { out } = context.terminal;
      if (options.json) {
        out.write(
          `${toJsonText(problems.map(({ datasetType, problem }) => ({ dataset_type: datasetType, problem })))}\n`,
        );
      } else if (problems.length === 0) out.write("No problems encountered with configuration.\n");
      else if (!options.quiet)
        for (const { datasetType, problem } of problems) out.write(`${datasetType}: ${problem}\n`);
      if (problems.length > 0) context.exitCode = EXIT.failed;
    });
}
