import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { addServerOptions, connect, type ServerOptions } from "./connect.ts";
import { readWorkflowFile } from "./workflow-file.ts";

/** `almagest workload submit`: hands a workflow over. */
export function addSubmit(parent: Command, context: CommandContext): void {
  const command = parent
    .command("submit")
    .description(
      "Submit a workflow. The same file under the same key is submitted once, however often it is sent.",
    )
    .argument("<file>", "the workflow (YAML or JSON)")
    .option("--key <text>", "another key, to run the same file once more")
    .addHelpText(
      "after",
      `
A file:

  name: night 1
  tasks:
    - label: isr
      command: echo "isr of $DETECTOR"     # a line for sh, or a list of words
      request: { memoryMb: 2000, wallSec: 600, cores: 1 }
      maxAttempts: 3
    - label: coadd
      command: [python3, coadd.py]
  jobs:
    - { name: isr_1, task: isr, environment: { DETECTOR: 1 } }
    - { name: isr_2, task: isr, environment: { DETECTOR: 2 } }
    - { name: coadd, task: coadd, parents: [isr_1, isr_2] }

A job starts when all its parents have succeeded; 'afterEnd' names jobs that only must have ended.`,
    );
  addServerOptions(command).action(
    async (path: string, options: ServerOptions & { readonly key?: string }) => {
      const { spec, jobs } = readWorkflowFile(path, options.key);
      const result = await connect(options).submit(spec, jobs);
      const { out } = context.terminal;
      if (options.json) return void out.write(`${toJsonText({ ...result, key: spec.key })}\n`);
      out.write(
        result.created
          ? `Workflow ${result.workflowId} with ${spec.jobCount} jobs, ids from ${result.firstJob}\n`
          : `Workflow ${result.workflowId} had been submitted before under this key; nothing was added\n`,
      );
    },
  );
}
