import type { Butler, DataIdQueryOptions, ExplainRequest, QueryOptions } from "@almagest/butler";
import type { Command } from "commander";
import type { Terminal } from "../../cli/terminal.ts";
import type { SelectionOptions } from "./dataset-selection.ts";

/** Types whose absence is explained: with many, one glance is enough. */
const MOST_REASONED = 3;

/** Gives a query command its `--explain`. */
export function addExplainOption(command: Command): Command {
  return command.option(
    "--explain",
    "print the SQL, the database's plan, and why nothing is found, instead of rows",
  );
}

async function explain(terminal: Terminal, butler: Butler, request: ExplainRequest): Promise<void> {
  const { sql, plan, reasons } = await butler.explain(request);
  terminal.out.write(`${sql}\n\n${plan.map((line) => `  ${line}\n`).join("")}`);
  if (reasons.length > 0) terminal.out.write(`\nNothing found: ${reasons.join(" ")}\n`);
}

function datasetQuery({ collections = ["*"], where, findFirst = false, orderBy }: SelectionOptions) {
  return {
    collections,
    findFirst,
    ...(where === undefined ? {} : { where }),
    ...(orderBy === undefined ? {} : { orderBy }),
  };
}

/** Explains the query of each dataset type that matches. */
export async function explainDatasets(
  terminal: Terminal,
  butler: Butler,
  globs: readonly string[],
  options: SelectionOptions,
): Promise<void> {
  for (const { name } of await butler.queryDatasetTypes(globs)) {
    terminal.out.write(`-- ${name}\n`);
    await explain(terminal, butler, { datasets: name, options: datasetQuery(options) });
  }
}

/** Says on standard error why a selection of datasets is empty, for the first of the types that match. */
export async function noteNoDatasets(
  terminal: Terminal,
  butler: Butler,
  globs: readonly string[],
  options: SelectionOptions,
): Promise<void> {
  const types = await butler.queryDatasetTypes(globs);
  if (types.length === 0) {
    terminal.err.write(
      `No dataset type matches ${globs.join(", ")}; 'almagest butler query-dataset-types' lists them.\n`,
    );
  }
  for (const { name } of types.slice(0, MOST_REASONED)) {
    const { reasons } = await butler.explain({ datasets: name, options: datasetQuery(options) });
    terminal.err.write(`No ${name}: ${reasons.length > 0 ? reasons.join(" ") : "nothing fits."}\n`);
  }
}

/** Explains a query of data ids. */
export function explainDataIds(
  terminal: Terminal,
  butler: Butler,
  dimensions: readonly string[],
  options: DataIdQueryOptions,
): Promise<void> {
  return explain(terminal, butler, { dataIds: dimensions, options });
}

/** Explains a query of dimension records. */
export function explainRecords(
  terminal: Terminal,
  butler: Butler,
  element: string,
  options: QueryOptions,
): Promise<void> {
  return explain(terminal, butler, { records: element, options });
}
