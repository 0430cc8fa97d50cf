import { resolve } from "node:path";
import { AlmagestError } from "@almagest/base";
import type { Butler, DataIdValue, IdMode, IngestFile } from "@almagest/butler";
import { isAbsoluteUri } from "@almagest/resources";
import { type Command, Option } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList } from "../../cli/parse-options.ts";
import { startStage } from "../../cli/progress.ts";
import { openRepository } from "../../open-repository.ts";
import { readIngestTable } from "./ingest-table.ts";
import { type TransferMode, transferOption } from "./transfer-option.ts";

const ID_MODES: ReadonlyMap<string, IdMode> = new Map([
  ["UNIQUE", "unique"],
  ["DATAID_TYPE", "deterministic-type"],
  ["DATAID_TYPE_RUN", "deterministic"],
]);
const BATCH = 2000;

interface Options {
  readonly formatter?: string;
  readonly idGenerationMode: string;
  readonly dataId?: string[];
  readonly prefix?: string;
  readonly transfer: TransferMode;
}

/** A value as the dimension wants it. Throws `BUTLER.DIMENSION_UNKNOWN`, `ALMAGEST.USAGE`. */
function dimensionValue(butler: Butler, dimension: string, text: string): DataIdValue {
  if (butler.universe.element(dimension).keyType !== "int") return text;
  const value = Number(text);
  if (Number.isSafeInteger(value) && text.trim() !== "") return value;
  throw new AlmagestError("ALMAGEST.USAGE", `'${text}' is no ${dimension}: it must be a whole number.`);
}

/** `almagest butler ingest-files`: files named by a table become datasets. */
export function addIngestFiles(parent: Command, context: CommandContext): void {
  parent
    .command("ingest-files")
    .description(
      "Register the files that a table names: its first column holds paths or URIs, the others the data id.",
    )
    .argument("<repo>", "root of the repository")
    .argument("<type>", "dataset type")
    .argument("<run>", "RUN collection to put them in (made if absent)")
    .argument("<table>", "CSV or ECSV file with a header line")
    .option("--formatter <class>", "Python class name of the formatter that reads them")
    .addOption(
      new Option("--id-generation-mode <mode>", "how dataset ids come about")
        .choices([...ID_MODES.keys()])
        .argParser((value) => value.toUpperCase())
        .default("UNIQUE"),
    )
    .option("--data-id <key=value>", "dimension values of all files (comma separated)", collectList)
    .option("--prefix <path>", "where relative paths of the table begin; the current folder unless given")
    .option("--track-file-attrs", "record size and checksum (always done)")
    .addOption(transferOption("how files come in; auto is copy"))
    .action(async (repo: string, type: string, run: string, tablePath: string, options: Options) => {
      const idMode = ID_MODES.get(options.idGenerationMode);
      if (idMode === undefined) {
        throw new AlmagestError(
          "ALMAGEST.USAGE",
          `--id-generation-mode takes ${[...ID_MODES.keys()].join(", ")}.`,
        );
      }
      const table = await readIngestTable(tablePath);
      await using butler = await openRepository(repo, { writeable: true });
      await butler.getDatasetType(type);
      const common = Object.fromEntries(
        (options.dataId ?? []).map((pair) => {
          const at = pair.indexOf("=");
          if (at < 1) throw new AlmagestError("ALMAGEST.USAGE", `--data-id takes key=value, not '${pair}'.`);
          const name = pair.slice(0, at);
          return [name, dimensionValue(butler, name, pair.slice(at + 1))];
        }),
      );
      const files = table.rows.map(([path, ...values]): IngestFile => {
        const own = values.map((text, index) => {
          const name = table.columns[index + 1]!;
          return [name, dimensionValue(butler, name, text)] as const;
        });
        return {
          path: isAbsoluteUri(path!) ? path! : resolve(options.prefix ?? ".", path!),
          datasetType: type,
          dataId: { ...Object.fromEntries(own), ...common },
          ...(options.formatter === undefined ? {} : { formatter: options.formatter }),
        };
      });
      const stage = startStage(context.terminal, "ingest files");
      const mode = options.transfer === "auto" ? "copy" : options.transfer;
      for (let start = 0; start < files.length; start += BATCH) {
        await butler.ingest(files.slice(start, start + BATCH), { mode, run, idMode });
        stage.update(Math.min(start + BATCH, files.length), files.length);
      }
      stage.end(`${files.length} files in ${run}`);
    });
}
