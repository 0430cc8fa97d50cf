import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { parseWhole } from "../../cli/parse-options.ts";
import { printRows, toJsonText } from "../../cli/print-rows.ts";
import { addServerOptions, connect, type ServerOptions } from "./connect.ts";

/** `almagest workload status`: all workflows, or one with its tasks. */
export function addStatus(parent: Command, context: CommandContext): void {
  const command = parent
    .command("status")
    .description("Workflows and how far they are; with an id, the tasks of one.")
    .argument("[workflow]", "id of a workflow", parseWhole)
    .option("--owner <name>", "only this owner's");
  addServerOptions(command).action(
    async (id: number | undefined, options: ServerOptions & { readonly owner?: string }) => {
      const client = connect(options);
      const { terminal } = context;
      if (id === undefined) {
        const { owner } = options;
        const lines = await client.workflows(owner === undefined ? {} : { owner });
        if (options.json) return void terminal.out.write(`${toJsonText(lines)}\n`);
        const rows = lines.map(({ id: workflow, name, owner: whose, status, jobs, counts }) => {
          const { waiting, ready, active, ...ended } = counts;
          return {
            id: workflow,
            name,
            owner: whose,
            status,
            jobs,
            waiting: waiting + ready,
            active,
            ...ended,
          };
        });
        return printRows(terminal, rows, {}, "No workflows yet; submit one with `almagest workload submit`.");
      }
      const workflow = await client.workflow(id);
      if (options.json) return void terminal.out.write(`${toJsonText(workflow)}\n`);
      terminal.out.write(`${workflow.name} (workflow ${id} of ${workflow.owner}): ${workflow.status}\n\n`);
      printRows(
        terminal,
        workflow.tasks.map(({ id: task, label, state }) => ({
          task,
          label,
          status: state.status,
          ...state.counts,
        })),
        {},
      );
    },
  );
}
