import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { parseWhole } from "../../cli/parse-options.ts";
import { printRows, toJsonText } from "../../cli/print-rows.ts";
import { addServerOptions, connect, type ServerOptions } from "./connect.ts";

/** `almagest workload pilots`: what the harvesters have in the batch systems. */
export function addPilots(parent: Command, context: CommandContext): void {
  const command = parent
    .command("pilots")
    .description("Pilots in the batch systems, newest first.")
    .option("--log <id>", "what the pilot of that id printed, from its batch system", parseWhole)
    .option("--all", "also those that have ended");
  addServerOptions(command).action(
    async (options: ServerOptions & { readonly all?: boolean; readonly log?: number }) => {
      if (options.log !== undefined) {
        const text = await connect(options).pilotLog(options.log);
        context.terminal.out.write(options.json ? `${toJsonText({ id: options.log, text })}\n` : text);
        return;
      }
      const workers = await connect(options).workers(options.all);
      const { terminal } = context;
      if (options.json) return void terminal.out.write(`${toJsonText(workers)}\n`);
      const rows = workers.map(({ createdMs, changedMs: _changed, ...worker }) => ({
        ...worker,
        since: new Date(createdMs).toISOString().slice(0, 19),
      }));
      printRows(terminal, rows, {}, "No pilots.");
    },
  );
}
