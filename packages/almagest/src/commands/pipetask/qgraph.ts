import type { Butler } from "@almagest/butler";
import {
  createPipelineGraph,
  estimateCost,
  explainGraph,
  type LabelCost,
  type PreparedRun,
  preparePipeline,
  writeGraphFile,
} from "@almagest/pipeline";
import { isRemoteUri } from "@almagest/resources";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { EXIT } from "../../cli/report-error.ts";
import { renderTextTable } from "../../cli/text-table.ts";
import { openRepository } from "../../open-repository.ts";
import { RUNTIME_URL, tasks } from "../../runtime.ts";
import { joinDataIdTables } from "./data-id-table.ts";
import { addGraphOptions, type GraphOptions, toPrepareOptions } from "./graph-options.ts";
import { addPipelineOptions, loadEditedPipeline, type PipelineEdits } from "./pipeline-options.ts";

interface Options extends PipelineEdits, GraphOptions {
  readonly butlerConfig: string;
  readonly saveQgraph?: string;
  readonly explain?: boolean;
  readonly json?: boolean;
}

/** `almagest pipetask qgraph`: builds a quantum graph, says what it would cost, and saves it. */
export function addQgraph(parent: Command, context: CommandContext): void {
  const command = parent
    .command("qgraph")
    .description(
      "Build the quantum graph of a pipeline on some data: what would run, at what cost. Runs nothing.",
    )
    .requiredOption("-b, --butler-config <repo>", "root of the repository");
  addGraphOptions(addPipelineOptions(command))
    .option("-q, --save-qgraph <file>", "write the graph as a .qg file")
    .option(
      "--explain",
      "only ask the data queries: rows, quanta, bytes and core hours to expect, before building",
    )
    .option("--json", "print counts and cost as JSON")
    .action(async (given: Options) => {
      await using butler = await openRepository(given.butlerConfig);
      const options = await joinDataIdTables(given, butler.universe);
      if (options.explain) {
        await explain(context, butler, options);
        return;
      }
      const prepared = await preparePipeline({
        butler,
        pipeline: await loadEditedPipeline(options),
        runtimeModule: RUNTIME_URL,
        ...toPrepareOptions(options),
      });
      const costs = await estimateCost(butler, prepared.quanta);
      if (options.saveQgraph !== undefined) {
        await writeGraphFile(prepared.quanta, {
          butler,
          path: options.saveQgraph,
          ...(isRemoteUri(options.butlerConfig) ? {} : { location: options.butlerConfig }),
          command: process.argv.slice(1).join(" "),
          ...(options.output === undefined ? {} : { output: options.output }),
        });
      }
      show(context, prepared, costs, options);
      if (prepared.quanta.count === 0) context.exitCode = EXIT.failed;
    });
}

function show(
  { terminal }: CommandContext,
  { quanta, graph, collections }: PreparedRun,
  costs: readonly LabelCost[],
  options: Options,
): void {
  const { outputRun, inputs } = collections;
  const hours = costs.reduce((sum, { coreHours }) => sum + (coreHours ?? 0), 0);
  if (options.json) {
    const { saveQgraph } = options;
    const result = {
      outputRun,
      inputs,
      tasks: costs,
      coreHours: hours,
      notes: quanta.notes,
      file: saveQgraph,
    };
    terminal.out.write(`${toJsonText(result)}\n`);
    return;
  }
  const rows = costs.map((cost) => ({
    task: cost.label,
    quanta: cost.toRun,
    skipped: cost.skipped,
    dropped: cost.dropped,
    outputs: cost.outputs,
    "seconds each": rounded(cost.secondsEach, 3),
    "peak MB": rounded(cost.peakMemoryMb, 0),
    "core hours": rounded(cost.coreHours, 4),
  }));
  terminal.out.write(`${renderTextTable(rows)}\n`);
  const unknown = costs.filter(({ toRun, secondsEach }) => toRun > 0 && secondsEach === undefined);
  const doubt =
    unknown.length > 0 ? `, without ${unknown.map(({ label }) => label).join(", ")}, never run here` : "";
  terminal.out.write(`\n${hours.toFixed(3)} core hours by earlier runs${doubt}. To run: ${outputRun}\n`);
  for (const note of [...graph.warnings, ...quanta.notes]) terminal.err.write(`note: ${note}\n`);
}

const rounded = (value: number | undefined, digits: number): number | string =>
  value === undefined ? "?" : Number(value.toFixed(digits));

/** Tells what building would find, without building. */
async function explain({ terminal }: CommandContext, butler: Butler, options: Options): Promise<void> {
  const graph = createPipelineGraph(await loadEditedPipeline(options), { tasks, universe: butler.universe });
  const { inputs, where, datasetQueryConstraint } = toPrepareOptions(options);
  const { queries, ...counts } = await explainGraph({
    butler,
    graph,
    inputs: inputs ?? [],
    ...(where === undefined ? {} : { where }),
    ...(datasetQueryConstraint === undefined ? {} : { datasetQueryConstraint }),
  });
  if (options.json) {
    terminal.out.write(`${toJsonText({ queries, ...counts })}\n`);
    return;
  }
  for (const { labels, dimensions, constrainedBy, rows, seconds } of queries) {
    terminal.out.write(
      `${rows} rows of ${dimensions.join(", ") || "nothing"} where there is ${constrainedBy.join(", ") || "anything"}, in ${seconds.toFixed(2)} s: ${labels.join(", ")}\n`,
    );
  }
  const taskRows = counts.tasks.map((task) => ({
    task: task.label,
    "quanta at most": task.quanta,
    "seconds each": rounded(task.secondsEach, 3),
    "peak MB": rounded(task.peakMemoryMb, 0),
    "core hours": rounded(task.coreHours, 4),
  }));
  terminal.out.write(`\n${renderTextTable(taskRows)}\n`);
  const datasetRows = counts.datasets.map(({ name, kind, count, bytesEach, bytes }) => ({
    "dataset type": name,
    kind,
    count,
    "MB each": rounded(bytesEach === undefined ? undefined : bytesEach / 1e6, 3),
    GB: rounded(bytes === undefined ? undefined : bytes / 1e9, 3),
  }));
  terminal.out.write(`\n${renderTextTable(datasetRows)}\n`);
}
