import { copyFile, mkdir } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList } from "../../cli/parse-options.ts";
import { printRows, type RowOptions } from "../../cli/print-rows.ts";
import { startStage } from "../../cli/progress.ts";
import { openRepository } from "../../open-repository.ts";

interface Options extends RowOptions {
  readonly collections: string[];
  readonly datasetType?: string[];
  readonly where?: string;
  readonly preservePath: boolean;
}

/** `almagest butler retrieve-artifacts`: copies the files of datasets out of a repository. */
export function addRetrieveArtifacts(parent: Command, context: CommandContext): void {
  parent
    .command("retrieve-artifacts")
    .description("Copy the files of datasets to a folder.")
    .argument("<repo>", "root of the repository")
    .argument("<destination>", "folder to copy to (made if absent)")
    .option("--collections <names>", "collections or globs to search, in order", collectList, [])
    .option("-d, --dataset-type <types>", "dataset types or globs; all unless given", collectList)
    .option("--where <expression>", "a condition on dimensions and their fields")
    .option("--no-preserve-path", "put all files flat in the folder")
    .option("--json", "print one JSON array of {id, type, path}")
    .action(async (repo: string, destination: string, options: Options) => {
      await using butler = await openRepository(repo);
      const where = options.where === undefined ? {} : { where: options.where };
      const collections = options.collections.length > 0 ? options.collections : ["*"];
      const refs = [];
      for (const type of await butler.queryDatasetTypes(options.datasetType ?? "*")) {
        refs.push(...(await butler.queryDatasets(type.name, { collections, findFirst: false, ...where })));
      }
      const stage = startStage(context.terminal, "copy files");
      const rows = [];
      for (const ref of refs) {
        const source = fileURLToPath(await butler.getUri(ref));
        const inside = relative(butler.root, source);
        const path = join(
          destination,
          options.preservePath && !inside.startsWith("..") ? inside : basename(source),
        );
        await mkdir(dirname(path), { recursive: true });
        await copyFile(source, path);
        rows.push({ id: ref.id, type: ref.datasetType.name, path });
        stage.update(rows.length, refs.length, path);
      }
      stage.end(`${rows.length} files`);
      printRows(context.terminal, rows, options, "No datasets match.");
    });
}
