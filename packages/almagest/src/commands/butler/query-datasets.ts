import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList, parseWhole } from "../../cli/parse-options.ts";
import { printRows, type RowOptions } from "../../cli/print-rows.ts";
import type { Row } from "../../cli/text-table.ts";
import { openRepository } from "../../open-repository.ts";

interface Options extends RowOptions {
  readonly collections: string[];
  readonly where?: string;
  readonly findFirst?: boolean;
  readonly limit?: number;
  readonly orderBy?: string[];
  readonly showUri?: boolean;
}

/** `almagest butler query-datasets`: which datasets of some types are in some collections. */
export function addQueryDatasets(parent: Command, context: CommandContext): void {
  parent
    .command("query-datasets")
    .description("List datasets: type, run, id and data id.")
    .argument("<repo>", "root of the repository")
    .argument("<type...>", "dataset types or globs")
    .option(
      "--collections <names>",
      "collections or globs to search, in order (comma separated)",
      collectList,
      [],
    )
    .option("--where <expression>", "for example: \"instrument='SimCam' AND visit IN (1..20) AND band='r'\"")
    .option("--find-first", "keep only the first of each data id, in collection order")
    .option("--limit <n>", "at most this many per type", parseWhole)
    .option("--order-by <columns>", "sort columns, '-' in front for descending", collectList)
    .option("--show-uri", "also print where each file is")
    .option("--json", "print one JSON array of {id, type, run, data_id}")
    .option("--csv", "print CSV")
    .addHelpText(
      "after",
      "\nExample:\n  almagest butler query-datasets demo/repo deep_coadd --collections runs/drp --where \"band='i'\"",
    )
    .action(async (repo: string, globs: string[], options: Options) => {
      await using butler = await openRepository(repo);
      const collections = options.collections.length > 0 ? options.collections : ["*"];
      const rows: Row[] = [];
      for (const type of await butler.queryDatasetTypes(globs)) {
        const refs = await butler.queryDatasets(type.name, {
          collections,
          findFirst: options.findFirst ?? false,
          ...(options.where === undefined ? {} : { where: options.where }),
          ...(options.limit === undefined ? {} : { limit: options.limit }),
          ...(options.orderBy === undefined ? {} : { orderBy: options.orderBy }),
        });
        for (const ref of refs) {
          const place = options.showUri ? { uri: await butler.getUri(ref) } : {};
          const head = { type: type.name, run: ref.run, id: ref.id };
          rows.push(
            options.json ? { ...head, data_id: ref.dataId, ...place } : { ...head, ...ref.dataId, ...place },
          );
        }
      }
      printRows(context.terminal, rows, options, "No datasets match.");
    });
}
