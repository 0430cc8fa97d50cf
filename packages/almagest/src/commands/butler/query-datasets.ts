import type { Butler, DatasetRef } from "@almagest/butler";
import { isAbsoluteUri, resolveWithin, toFileUri } from "@almagest/resources";
import type { Command } from "commander";
import type { AstropyTable } from "../../cli/astropy-table.ts";
import type { CommandContext } from "../../cli/command-context.ts";
import { printListing } from "../../cli/print-listing.ts";
import type { RowOptions } from "../../cli/print-rows.ts";
import { openCatalogue } from "../../open-catalogue.ts";
import { addSelectionOptions, type SelectionOptions, selectDatasets } from "./dataset-selection.ts";
import { datasetTable } from "./dataset-table.ts";
import { addExplainOption, explainDatasets, noteNoDatasets } from "./explain-query.ts";

interface Options extends RowOptions, SelectionOptions {
  readonly showUri?: boolean;
  readonly explain?: boolean;
}

interface Listed {
  readonly ref: DatasetRef;
  readonly uri: string;
  readonly component?: string;
}

async function locateAll(butler: Butler, refs: readonly DatasetRef[]): Promise<Listed[]> {
  const files = await butler.storedFiles(refs);
  return refs.flatMap((ref, index) =>
    files[index]!.map(({ path, component }) => ({
      ref,
      uri: isAbsoluteUri(path) && !path.startsWith("/") ? path : toFileUri(resolveWithin(butler.root, path)),
      ...(component === undefined ? {} : { component }),
    })),
  );
}

/** `almagest butler query-datasets`: which datasets of some types are in some collections. */
export function addQueryDatasets(parent: Command, context: CommandContext): void {
  const command = parent
    .command("query-datasets")
    .description("List datasets: type, run, id and data id, one table per dataset type.")
    .argument("<repo>", "root of the repository")
    .argument("[type...]", "dataset types or globs; all unless given");
  addExplainOption(addSelectionOptions(command))
    .option("--show-uri", "also print where each file is")
    .option("--json", "print one JSON array of {id, type, run, data_id}")
    .option("--csv", "print CSV")
    .addHelpText(
      "after",
      "\nExample:\n  almagest butler query-datasets demo/repo deep_coadd --collections runs/drp --where \"band='i'\"",
    )
    .action(async (repo: string, globs: string[], options: Options) => {
      const patterns = globs.length > 0 ? globs : ["*"];
      if (options.orderBy !== undefined && (patterns.length > 1 || /[*?[]/.test(patterns[0]!))) {
        command.error("error: --order-by takes one dataset type");
      }
      await using butler = await openCatalogue(repo);
      if (options.explain) {
        await explainDatasets(context.terminal, butler, patterns, options);
        return;
      }
      const tables: AstropyTable[] = [];
      const json: unknown[] = [];
      const asGiven = options.orderBy !== undefined;
      const selected = await selectDatasets(butler, patterns, options, context.terminal);
      if (selected.length === 0) await noteNoDatasets(context.terminal, butler, patterns, options);
      for (const { type, refs } of selected) {
        const head = (ref: DatasetRef): object => ({
          id: ref.id,
          type: type.name,
          run: ref.run,
          data_id: ref.dataId,
        });
        if (!options.showUri) {
          json.push(...refs.map(head));
          if (!options.json) tables.push(await datasetTable(butler, refs, { asGiven }));
          continue;
        }
        const listed = await locateAll(butler, refs);
        json.push(
          ...listed.map(({ ref, uri, component }) => ({
            ...head(ref),
            uri,
            ...(component === undefined ? {} : { component }),
          })),
        );
        const byName = Map.groupBy(listed, ({ component }) => component ?? "");
        for (const [component, members] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
          const name = component === "" ? type.name : `${type.name}.${component}`;
          const uris = members.map(({ uri }) => uri);
          tables.push(
            await datasetTable(
              butler,
              members.map(({ ref }) => ref),
              { name, uris, asGiven },
            ),
          );
        }
      }
      printListing(context.terminal, { tables, json, spaced: true }, options);
    });
}
