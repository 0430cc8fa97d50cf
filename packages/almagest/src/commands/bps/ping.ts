import { findSystem } from "@almagest/batch";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { toJsonText } from "../../cli/print-rows.ts";

/** `almagest bps ping`: does the batch system answer? */
export function addPing(parent: Command, context: CommandContext): void {
  parent
    .command("ping")
    .description("Ask whether a batch system answers.")
    .option("--wms-service <system>", "local, slurm, workload, htcondor or parsl", "local")
    .option("--json", "print as JSON")
    .action(async ({ wmsService, json }: { readonly wmsService: string; readonly json?: boolean }) => {
      const answer = await findSystem(wmsService).ping();
      context.terminal.out.write(json ? `${toJsonText({ system: wmsService, answer })}\n` : `${answer}\n`);
    });
}
