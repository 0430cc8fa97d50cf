import { AlmagestError } from "@almagest/base";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { renderTextTable } from "../../cli/text-table.ts";
import { addServerOptions, connect, type ServerOptions } from "./connect.ts";

/** `almagest workload why`: why a job is where it is. */
export function addWhy(parent: Command, context: CommandContext): void {
  const command = parent
    .command("why")
    .description("Why a job waits, where it runs, how it failed; every queue's refusal.")
    .argument("<job>", "id or name of a job");
  addServerOptions(command).action(async (job: string, options: ServerOptions) => {
    const client = connect(options);
    const id = /^\d+$/.test(job) ? Number(job) : (await client.findJobs(job))[0];
    if (id === undefined) {
      throw new AlmagestError("ALMAGEST.USAGE", `There is no job of the name ${job}.`, { fields: { job } });
    }
    const why = await client.explain(id);
    const { out } = context.terminal;
    if (options.json) return void out.write(`${toJsonText(why)}\n`);
    out.write(`${why.name} (job ${id}, ${why.label}): ${why.status}\n`);
    for (const reason of why.reasons) out.write(`  ${reason}\n`);
    if (why.attempts.length === 0) return;
    const rows = why.attempts.map((attempt) => ({
      attempt: attempt.nr,
      id: attempt.id,
      status: attempt.status,
      queue: attempt.queue,
      worker: attempt.worker,
      "memory MB": `${Math.round(attempt.maxMemoryKb / 1000)} of ${attempt.memoryMb}`,
      sec:
        attempt.endMs > 0 && attempt.startMs > 0 ? ((attempt.endMs - attempt.startMs) / 1000).toFixed(1) : "",
      failure: attempt.failure ?? "",
    }));
    out.write(`\n${renderTextTable(rows)}\n`);
  });
}
