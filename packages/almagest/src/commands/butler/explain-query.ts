import type { Butler, DataIdQueryOptions, ExplainRequest, QueryOptions } from "@almagest/butler";
import type { Command } from "commander";
import type { Terminal } from "../../cli/terminal.ts";
import type { SelectionOptions } from "./dataset-selection.ts";

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

/** Explains the query of each dataset type that matches. */
export async function explainDatasets(
  terminal: Terminal,
  butler: Butler,
  globs: readonly string[],
  options: SelectionOptions,
): Promise<void> {
  const { collections = ["*"], where, findFirst = false, orderBy } = options;
  for (const { name } of await butler.queryDatasetTypes(globs)) {
    terminal.out.write(`-- ${name}\n`);
    const query = {
      collections,
      findFirst,
      ...(where === undefined ? {} : { where }),
      ...(orderBy === undefined ? {} : { orderBy }),
    };
    await explain(terminal, butler, { datasets: name, options: query });
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
