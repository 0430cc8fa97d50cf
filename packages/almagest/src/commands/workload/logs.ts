import { AlmagestError } from "@almagest/base";
import type { FoundLine, LogFilter } from "@almagest/workload";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { parseWhole } from "../../cli/parse-options.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { addServerOptions, connect, type ServerOptions } from "./connect.ts";

interface Options extends ServerOptions {
  readonly workflow?: number;
  readonly campaign?: string;
  readonly task?: string;
  readonly job?: string;
  readonly attempt?: number;
  readonly since?: number;
  readonly until?: number;
  readonly limit?: number;
  readonly follow?: boolean;
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `15m` (so long ago) or a date, as milliseconds. Throws `ALMAGEST.USAGE`. */
function parseTime(text: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const ms = count === undefined ? Date.parse(text) : Date.now() - Number(count) * UNITS[unit!]!;
  if (Number.isFinite(ms)) return ms;
  throw new AlmagestError("ALMAGEST.USAGE", `'${text}' is no time; write 15m, 2h or 2026-03-01T22:10:00Z.`, {
    fields: { time: text },
  });
}

const render = ({ timeMs, task, jobId, level, text }: FoundLine): string =>
  `${new Date(timeMs).toISOString()} ${task} job ${jobId}${level === "info" ? "" : ` ${level.toUpperCase()}`}: ${text}`;

/** `almagest workload logs`: what payloads printed, wherever they ran, within a second or so. */
export function addLogs(parent: Command, context: CommandContext): void {
  const command = parent
    .command("logs")
    .description("What jobs printed, wherever they ran: search by campaign, task, job, time and text.")
    .argument("[text]", "only lines that hold it, in either case")
    .option("--workflow <id>", "of one workflow", parseWhole)
    .option("--campaign <name>", "of all workflows of that name")
    .option("--task <label>", "of one task")
    .option("--job <job>", "of one job, by id or name")
    .option("--attempt <id>", "of one attempt", parseWhole)
    .option("--since <time>", "from then on: 15m, 2h, or a date", parseTime)
    .option("--until <time>", "until then", parseTime)
    .option("--limit <n>", "the last so many lines; 1000 unless told", parseWhole)
    .option("-f, --follow", "go on with what comes");
  addServerOptions(command).action(async (text: string | undefined, options: Options) => {
    const { workflow, campaign, task, job, attempt, since, until, limit, follow, json } = options;
    const client = connect(options);
    const jobId = job === undefined || /^\d+$/.test(job) ? job : (await client.findJobs(job))[0];
    if (job !== undefined && jobId === undefined) {
      throw new AlmagestError("ALMAGEST.USAGE", `There is no job of the name ${job}.`, { fields: { job } });
    }
    const workflowIds =
      campaign === undefined
        ? undefined
        : (await client.workflows({ name: campaign, limit: 1000 })).map(({ id }) => id);
    if (workflowIds?.length === 0) {
      throw new AlmagestError("ALMAGEST.USAGE", `There is no campaign (workflow) of the name ${campaign}.`, {
        fields: { campaign },
      });
    }
    const filter: LogFilter = {
      ...(workflowIds === undefined ? {} : { workflowIds }),
      ...(workflow === undefined ? {} : { workflowId: workflow }),
      ...(task === undefined ? {} : { task }),
      ...(jobId === undefined ? {} : { jobId: Number(jobId) }),
      ...(attempt === undefined ? {} : { attemptId: attempt }),
      ...(since === undefined ? {} : { fromMs: since }),
      ...(until === undefined ? {} : { toMs: until }),
      ...(limit === undefined ? {} : { limit }),
      ...(text === undefined ? {} : { text }),
    };
    const { out } = context.terminal;
    let lines = await client.logs(filter);
    if (json && !follow) return void out.write(`${toJsonText(lines)}\n`);
    let after = 0;
    for (;;) {
      for (const line of lines) out.write(`${json ? JSON.stringify(line) : render(line)}\n`);
      after = lines.at(-1)?.id ?? after;
      if (!follow) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
      lines = await client.logs({ ...filter, after });
    }
  });
}
