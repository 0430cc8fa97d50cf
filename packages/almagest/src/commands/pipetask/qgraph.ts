import {
  estimateCost,
  type LabelCost,
  type PreparedRun,
  preparePipeline,
  writeGraphFile,
} from "@almagest/pipeline";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList } from "../../cli/parse-options.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { EXIT } from "../../cli/report-error.ts";
import { renderTextTable } from "../../cli/text-table.ts";
import { openRepository } from "../../open-repository.ts";
import { RUNTIME_URL } from "../../runtime.ts";
import { loadEditedPipeline } from "./pipeline-options.ts";

interface Options {
  readonly butlerConfig: string;
  readonly pipeline: string;
  readonly config: string[];
  readonly input: string[];
  readonly output?: string;
  readonly outputRun?: string;
  readonly extendRun?: boolean;
  readonly dataQuery?: string;
  readonly retainedDatasetTypes: string[];
  readonly saveQgraph?: string;
  readonly json?: boolean;
}

const append = (value: string, previous: string[]): string[] => [...previous, value];

/** `almagest pipetask qgraph`: builds a quantum graph, says what it would cost, and saves it. */
export function addQgraph(parent: Command, context: CommandContext): void {
  parent
    .command("qgraph")
    .description(
      "Build the quantum graph of a pipeline on some data: what would run, at what cost. Runs nothing.",
    )
    .requiredOption("-b, --butler-config <repo>", "root of the repository")
    .requiredOption("-p, --pipeline <file>", "pipeline YAML, with an optional #fragment")
    .option("-c, --config <label:field=value>", "override a configuration value (repeatable)", append, [])
    .option("-i, --input <collections>", "input collections, in search order", collectList, [])
    .option("-o, --output <chain>", "chain to put a new, time-stamped run in front of")
    .option("--output-run <run>", "run to write; going on with it if it exists")
    .option("--extend-run", "with --output: go on with the chain's newest run")
    .option("-d, --data-query <expression>", "which data, for example \"visit IN (1..20) AND band='r'\"")
    .option(
      "--retained-dataset-types <globs>",
      "types that were kept: finished quanta run again where another output of them is needed",
      collectList,
      [],
    )
    .option("-q, --save-qgraph <file>", "write the graph as a .qg file")
    .option("--json", "print counts and cost as JSON")
    .action(async (options: Options) => {
      await using butler = await openRepository(options.butlerConfig);
      const prepared = await preparePipeline({
        butler,
        pipeline: await loadEditedPipeline(options),
        runtimeModule: RUNTIME_URL,
        inputs: options.input,
        extendRun: options.extendRun ?? false,
        ...(options.retainedDatasetTypes.length > 0
          ? { retainedDatasetTypes: options.retainedDatasetTypes }
          : {}),
        ...(options.dataQuery === undefined ? {} : { where: options.dataQuery }),
        ...(options.output === undefined ? {} : { output: options.output }),
        ...(options.outputRun === undefined ? {} : { outputRun: options.outputRun }),
      });
      const costs = await estimateCost(butler, prepared.quanta);
      if (options.saveQgraph !== undefined) {
        await writeGraphFile(prepared.quanta, {
          butler,
          path: options.saveQgraph,
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
