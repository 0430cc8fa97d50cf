import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { parseWhole } from "../../cli/parse-options.ts";
import { printRows, toJsonText } from "../../cli/print-rows.ts";
import { addServerOptions, connect, type ServerOptions } from "./connect.ts";

/** `almagest workload errors`: failures of one kind together. */
export function addErrors(parent: Command, context: CommandContext): void {
  const command = parent
    .command("errors")
    .description("What failed, failures of one kind together, the most frequent first.")
    .argument("[workflow]", "id of a workflow; all unless told", parseWhole);
  addServerOptions(command).action(async (id: number | undefined, options: ServerOptions) => {
    const clusters = await connect(options).errors(id);
    const { terminal } = context;
    if (options.json) return void terminal.out.write(`${toJsonText(clusters)}\n`);
    const rows = clusters.map((cluster) => ({
      attempts: cluster.attempts,
      "failed jobs": cluster.failedJobs,
      label: cluster.label,
      error: cluster.error,
      queues: cluster.queues.join(","),
      "for example": cluster.exampleJob,
      text: cluster.text,
    }));
    printRows(terminal, rows, {}, "Nothing failed.");
  });
}
