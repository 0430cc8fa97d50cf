import { isAlmagestError } from "@almagest/base";
import type { Butler, DatasetRef, DatasetType } from "@almagest/butler";
import type { Command } from "commander";
import { collectList, parseWhole } from "../../cli/parse-options.ts";
import type { Terminal } from "../../cli/terminal.ts";

/** The options by which commands choose datasets. */
export interface SelectionOptions {
  readonly collections?: string[];
  readonly where?: string;
  readonly findFirst?: boolean;
  readonly limit?: number;
  readonly orderBy?: string[];
}

/** Most datasets that a command shows unless told; more than that is said. */
const DEFAULT_LIMIT = -20_000;

/** Gives a command the options of `SelectionOptions`. */
export function addSelectionOptions(
  command: Command,
  { limit = DEFAULT_LIMIT, orderBy = true }: { readonly limit?: number; readonly orderBy?: boolean } = {},
): Command {
  command
    .option(
      "--collections <names>",
      "collections or globs to search, in order (comma separated)",
      collectList,
    )
    .option("--where <expression>", "for example: \"instrument='SimCam' AND visit IN (1..20) AND band='r'\"")
    .option("--find-first", "keep only the first of each data id, in collection order")
    .option("--no-find-first", "keep all (the default)")
    .option(
      "--limit <n>",
      "at most this many; 0 for all, negative to be told if there are more",
      parseWhole,
      limit,
    );
  if (orderBy)
    command.option("--order-by <columns>", "sort columns, '-' in front for descending", collectList);
  return command;
}

/** Datasets of one type. */
export interface SelectedDatasets {
  readonly type: DatasetType;
  readonly refs: readonly DatasetRef[];
}

async function typesOf(butler: Butler, globs: readonly string[], terminal: Terminal): Promise<DatasetType[]> {
  try {
    return await butler.queryDatasetTypes(globs);
  } catch (error) {
    if (!isAlmagestError(error, "BUTLER.DATASET_TYPE_MISSING")) throw error;
    terminal.err.write(`${error.message}\n`);
    return [];
  }
}

/** The datasets of some types (names or globs) that a command's options choose, by type, types ordered by name. A name
 * that is no type is noted and finds nothing, as in the original. */
export async function selectDatasets(
  butler: Butler,
  globs: readonly string[],
  options: SelectionOptions,
  terminal: Terminal,
): Promise<SelectedDatasets[]> {
  const { collections = ["*"], where, findFirst = false, orderBy, limit = DEFAULT_LIMIT } = options;
  const types = await typesOf(butler, globs, terminal);
  const selected: SelectedDatasets[] = [];
  let left = limit === 0 ? Infinity : limit < 0 ? 1 - limit : limit;
  for (const type of types.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (left <= 0) break;
    const found = await butler.queryDatasets(type.name, {
      collections,
      findFirst,
      ...(where === undefined ? {} : { where }),
      ...(orderBy === undefined ? {} : { orderBy }),
      ...(left === Infinity ? {} : { limit: left }),
    });
    left -= found.length;
    // One dataset may be in several of the collections.
    let refs = [...new Map(found.map((ref) => [ref.id, ref])).values()];
    if (limit < 0 && left <= 0) {
      refs = refs.slice(0, -1);
      terminal.err.write(`There are more than ${-limit} datasets; --limit shows more.\n`);
    }
    if (refs.length > 0) selected.push({ type, refs });
  }
  return selected;
}
