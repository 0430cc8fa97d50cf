import { writeFile } from "node:fs/promises";
import { createUniverse } from "@almagest/butler";
import { createPipelineGraph } from "@almagest/pipeline";
import type { Command } from "commander";
import { stringify } from "yaml";
import type { CommandContext } from "../../cli/command-context.ts";
import { tasks } from "../../runtime.ts";
import { addPipelineOptions, loadEditedPipeline, type PipelineEdits } from "./pipeline-options.ts";
import { PIPELINE_VIEWS, pipelineDocument, showPipeline } from "./show-pipeline.ts";

interface Options extends PipelineEdits {
  readonly show: string[];
  readonly savePipeline?: string;
  readonly output?: string;
}

const append = (value: string, previous: string[]): string[] => [...previous, value];

/** `almagest pipetask build`: checks a pipeline and shows it. */
export function addBuild(parent: Command, context: CommandContext): void {
  const command = parent
    .command("build")
    .description("Check a pipeline and show it: tasks, graph, configuration, and where each value was set.");
  addPipelineOptions(command)
    .option(
      "--show <view>",
      `what to show (repeatable): ${[...PIPELINE_VIEWS.keys()].join(", ")}; config=label::pattern, history=label::pattern and dump-config=label narrow it`,
      append,
      [],
    )
    .option("-s, --save-pipeline <file>", "write the pipeline as one YAML file without imports")
    .option("--output <file>", "write what is shown to a file instead of printing it")
    .action(async (options: Options) => {
      const graph = createPipelineGraph(await loadEditedPipeline(options), {
        tasks,
        universe: createUniverse(),
      });
      if (options.savePipeline !== undefined) {
        await writeFile(options.savePipeline, stringify(pipelineDocument(graph)));
      }
      const wanted = options.show.length > 0 ? options.show : ["pipeline-graph"];
      const text = wanted.map((view) => showPipeline(graph, view)).join("\n");
      if (options.output === undefined) context.terminal.out.write(`${text}\n`);
      else await writeFile(options.output, text);
    });
}
