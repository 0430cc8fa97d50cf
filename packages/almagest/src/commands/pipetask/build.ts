import { writeFile } from "node:fs/promises";
import { createUniverse } from "@almagest/butler";
import {
  createPipelineGraph,
  listConfigValues,
  renderPipelineSvg,
  renderPipelineText,
} from "@almagest/pipeline";
import { type Command, Option } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { renderTextTable } from "../../cli/text-table.ts";
import { tasks } from "../../runtime.ts";
import { loadEditedPipeline } from "./pipeline-options.ts";

interface Options {
  readonly pipeline: string;
  readonly config: string[];
  readonly show: "graph" | "svg" | "config" | "sources";
  readonly output?: string;
}

const append = (value: string, previous: string[]): string[] => [...previous, value];

/** `almagest pipetask build`: checks a pipeline and shows it. */
export function addBuild(parent: Command, context: CommandContext): void {
  parent
    .command("build")
    .description(
      "Check a pipeline and show it: its graph as text or SVG, every configuration value, or where each was set.",
    )
    .requiredOption("-p, --pipeline <file>", "pipeline YAML, with an optional #fragment")
    .option("-c, --config <label:field=value>", "override a configuration value (repeatable)", append, [])
    .addOption(
      new Option("--show <what>", "what to show")
        .choices(["graph", "svg", "config", "sources"])
        .default("graph"),
    )
    .option("--output <file>", "write to a file instead of printing")
    .action(async (options: Options) => {
      const graph = createPipelineGraph(await loadEditedPipeline(options), {
        tasks,
        universe: createUniverse(),
      });
      const show = {
        graph: () => renderPipelineText(graph),
        svg: () => renderPipelineSvg(graph),
        config: () =>
          toJsonText(
            Object.fromEntries([...graph.tasks.values()].map((node) => [node.label, node.resolved.config])),
          ),
        sources: () =>
          renderTextTable(
            [...graph.tasks.values()].flatMap((node) =>
              listConfigValues(node).map(({ label, field, value, source }) => ({
                setting: `${label}:${field}`,
                value: JSON.stringify(value),
                "set at": source,
              })),
            ),
          ),
      };
      const text = show[options.show]();
      if (options.output === undefined) context.terminal.out.write(`${text}\n`);
      else await writeFile(options.output, text);
    });
}
