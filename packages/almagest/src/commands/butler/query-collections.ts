import type { Butler, CollectionInfo, CollectionKind } from "@almagest/butler";
import { type Command, Option } from "commander";
import type { AstropyTable } from "../../cli/astropy-table.ts";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList } from "../../cli/parse-options.ts";
import { printListing } from "../../cli/print-listing.ts";
import type { RowOptions } from "../../cli/print-rows.ts";
import { openCatalogue } from "../../open-catalogue.ts";

const CHAINS = ["TABLE", "INVERSE-TABLE", "TREE", "INVERSE-TREE", "FLATTEN", "NO-CHILDREN"];
const UNINTERESTING = ["*_config", "*_log", "*_metadata", "packages"];

interface Options extends RowOptions {
  readonly collectionType?: string[];
  readonly chains: string;
  readonly showDatasetTypes?: boolean;
  readonly excludeDatasetTypes?: string[];
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function matches(glob: string, name: string): boolean {
  const source = glob
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(name);
}

/** Dataset types by collection, without those that are excluded; empty unless they are to be shown. */
async function typesByCollection(
  butler: Butler,
  infos: readonly CollectionInfo[],
  options: Options,
): Promise<Map<string, string[]>> {
  if (!options.showDatasetTypes) return new Map();
  const exclude = options.excludeDatasetTypes ?? UNINTERESTING;
  const summaries = await butler.summarizeCollections(infos.map((info) => info.name));
  return new Map(
    summaries.map(({ name, datasetTypes }) => [
      name,
      datasetTypes.filter((type) => !exclude.some((glob) => matches(glob, type))),
    ]),
  );
}

/** Rows of one collection: a second and further row where it has several of what the last column shows. */
function spread(head: readonly string[], values: readonly string[]): string[][] {
  const blank = head.map(() => "");
  return (values.length === 0 ? [""] : values).map((value, index) => [
    ...(index === 0 ? head : blank),
    value,
  ]);
}

function treeRows(
  infos: readonly CollectionInfo[],
  all: ReadonlyMap<string, CollectionInfo>,
  types: ReadonlyMap<string, readonly string[]>,
  options: Options,
): string[][] {
  const inverse = options.chains === "INVERSE-TREE";
  const rows: string[][] = [];
  const walk = (info: CollectionInfo, level: number): void => {
    const head = [`${"  ".repeat(level)}${info.name}`, info.kind];
    if (!options.showDatasetTypes) rows.push(head);
    else rows.push(...spread(head, info.kind === "CHAINED" ? [] : (types.get(info.name) ?? [])));
    for (const name of inverse ? [...info.parents].sort() : info.children) walk(all.get(name)!, level + 1);
  };
  for (const info of infos) walk(info, 0);
  return rows;
}

function tableRows(
  infos: readonly CollectionInfo[],
  types: ReadonlyMap<string, readonly string[]>,
  options: Options,
): { columns: string[]; rows: string[][] } {
  const inverse = options.chains === "INVERSE-TABLE";
  const withTypes = options.showDatasetTypes ?? false;
  let rows: string[][] = infos.flatMap((info) => {
    const relatives = inverse ? [...info.parents].sort() : info.children;
    const lines =
      relatives.length === 0
        ? withTypes
          ? (types.get(info.name)?.length ? types.get(info.name)! : [""]).map((type) => ["", type])
          : [[""]]
        : relatives.flatMap((name) => (withTypes ? spread([name], types.get(name) ?? []) : [[name]]));
    return lines.map((line, index) => [...(index === 0 ? [info.name, info.kind] : ["", ""]), ...line]);
  });
  const columns = ["Name", "Type", inverse ? "Parents" : "Children", ...(withTypes ? ["Dataset Types"] : [])];
  const linked = inverse ? rows.some((row) => row[2] !== "") : infos.some((info) => info.kind === "CHAINED");
  if (!linked) {
    columns.splice(2, 1);
    rows = rows.map((row) => row.toSpliced(2, 1));
  }
  return { columns, rows };
}

async function tableOf(
  butler: Butler,
  found: readonly CollectionInfo[],
  options: Options,
): Promise<AstropyTable> {
  const plain = ["Name", "Type", ...(options.showDatasetTypes ? ["Dataset Types"] : [])];
  const infos = options.chains.endsWith("E") ? [...found].sort(byName) : found;
  const all = await butler.queryCollections("*");
  const types = await typesByCollection(butler, all, options);
  if (options.chains.endsWith("TREE")) {
    const byNames = new Map(all.map((info) => [info.name, info]));
    return { columns: plain, rows: treeRows(infos, byNames, types, options), left: true };
  }
  if (options.chains.endsWith("TABLE")) return { ...tableRows(infos, types, options), left: true };
  const rows = infos.flatMap((info) =>
    options.showDatasetTypes
      ? spread([info.name, info.kind], types.get(info.name) ?? [])
      : [[info.name, info.kind]],
  );
  return { columns: plain, rows, left: true };
}

/** `almagest butler query-collections`: what collections a repository has. */
export function addQueryCollections(parent: Command, context: CommandContext): void {
  parent
    .command("query-collections")
    .description("List the collections of a repository.")
    .argument("<repo>", "root of the repository")
    .argument("[glob...]", "names or globs; all when none is given")
    .option(
      "--collection-type <kinds>",
      "only RUN, TAGGED, CHAINED or CALIBRATION (comma separated)",
      collectList,
    )
    .addOption(
      new Option(
        "--chains <mode>",
        "chains with their children below, in a column, replaced by them, or alone",
      )
        .choices(CHAINS)
        .argParser((value) => {
          const mode = value.toUpperCase();
          if (!CHAINS.includes(mode))
            parent.error(`error: --chains takes ${CHAINS.join(", ")}, not '${value}'`);
          return mode;
        })
        .default("TREE"),
    )
    .option("-t, --show-dataset-types", "also the dataset types each may hold")
    .option(
      "--exclude-dataset-types <globs>",
      `dataset types not to show (default: ${UNINTERESTING.join(",")})`,
      collectList,
    )
    .option("--json", "print one JSON array of {name, type, children}")
    .option("--csv", "print CSV")
    .addHelpText("after", "\nExample:\n  almagest butler query-collections demo/repo 'runs/*' --chains TABLE")
    .action(async (repo: string, globs: string[], options: Options) => {
      await using butler = await openCatalogue(repo);
      const kinds = options.collectionType?.map((kind) => kind.toUpperCase() as CollectionKind);
      const found = await butler.queryCollections(globs.length > 0 ? globs : "*", {
        ...(kinds === undefined ? {} : { kinds }),
        flatten: options.chains === "FLATTEN",
      });
      const types = await typesByCollection(butler, options.json ? found : [], options);
      const json = found.map((info) => ({
        name: info.name,
        type: info.kind,
        children: info.children,
        ...(options.showDatasetTypes ? { dataset_types: types.get(info.name) } : {}),
      }));
      const tables = options.json ? [] : [await tableOf(butler, found, options)];
      printListing(context.terminal, { tables, json }, options);
    });
}
