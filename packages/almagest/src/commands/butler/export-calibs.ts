import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import type { DatasetRef } from "@almagest/butler";
import { type Command, Option } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList, splitWords } from "../../cli/parse-options.ts";
import { printListing } from "../../cli/print-listing.ts";
import type { RowOptions } from "../../cli/print-rows.ts";
import { openCatalogue } from "../../open-catalogue.ts";

interface Options extends RowOptions {
  readonly datasetType?: string[];
  readonly transfer: "auto" | "copy" | "hardlink" | "direct";
}

/** `almagest butler export-calibs`: certified calibrations with their validity, for another repository to import. */
export function addExportCalibs(parent: Command, context: CommandContext): void {
  parent
    .command("export-calibs")
    .description(
      "Write certified calibrations with their spans of validity into a new folder, for import elsewhere.",
    )
    .argument("<repo>", "root of the repository")
    .argument("<directory>", "folder to make")
    .argument("[collection...]", "CALIBRATION collections or chains of them; all unless given")
    .option("-d, --dataset-type <types>", "dataset types or globs; all unless given", collectList)
    .addOption(
      new Option("-t, --transfer <mode>", "how files go out; auto is copy, direct leaves them where they are")
        .choices(["auto", "copy", "hardlink", "direct"])
        .default("auto"),
    )
    .option("--json", "print one JSON array of the datasets")
    .action(async (repo: string, directory: string, words: string[], options: Options) => {
      if (existsSync(directory)) {
        throw new AlmagestError("ALMAGEST.USAGE", `Export directory exists: ${directory}`, {
          fields: { directory },
        });
      }
      await using butler = await openCatalogue(repo);
      const globs = words.length > 0 ? splitWords(words) : "*";
      const chains = await butler.queryCollections(globs, { kinds: ["CHAINED"] });
      const calibrations = await butler.queryCollections(globs, { kinds: ["CALIBRATION"], flatten: true });
      const types = (await butler.queryDatasetTypes(options.datasetType ?? "*")).filter(
        (type) => type.isCalibration,
      );
      const refs = new Map<string, DatasetRef>();
      for (const { name } of calibrations) {
        for (const type of types) {
          for (const { ref } of await butler.queryAssociations(type.name, name)) refs.set(ref.id, ref);
        }
      }
      await mkdir(directory, { recursive: true });
      // A chain is exported where all of it goes along.
      const going = new Set(calibrations.map((info) => info.name));
      for (const ref of refs.values()) going.add(ref.run);
      const whole = chains.filter((chain) => chain.children.every((child) => going.has(child)));
      const { transfer } = options;
      await butler.exportTo(directory, [...refs.values()], {
        collections: [...calibrations, ...whole].map((info) => info.name),
        ...(transfer === "direct" ? {} : { mode: transfer === "auto" ? "copy" : transfer }),
      });
      const dimensions = [
        ...new Set(types.flatMap((type) => butler.universe.completeGroup(type.dimensions).names)),
      ]
        .filter((name) =>
          [...refs.values()].some(
            (ref) =>
              name in ref.dataId || butler.universe.completeGroup(ref.datasetType.dimensions).has(name),
          ),
        )
        .sort();
      const rows: { key: string; cells: string[]; json: object }[] = [];
      for (const ref of refs.values()) {
        const group = butler.universe.completeGroup(ref.datasetType.dimensions);
        const { dataId } = await butler.expandDataId(ref.dataId, group);
        rows.push({
          key: JSON.stringify([
            ref.datasetType.name,
            ...group.required.map((name) => String(ref.dataId[name]).padStart(20)),
          ]),
          cells: [ref.datasetType.name, ref.run, ...dimensions.map((name) => String(dataId[name] ?? ""))],
          json: { id: ref.id, type: ref.datasetType.name, run: ref.run, data_id: ref.dataId },
        });
      }
      rows.sort((a, b) => (a.key < b.key ? -1 : 1));
      const table = {
        columns: ["calibrationType", "run", ...dimensions],
        rows: rows.map((row) => row.cells),
        left: true,
      };
      printListing(context.terminal, { tables: [table], json: rows.map((row) => row.json) }, options);
    });
}
