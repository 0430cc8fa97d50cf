import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createLogger, formatLogLine } from "@almagest/base";
import { laptopConfig, readServiceConfig, type ServiceConfig, startService } from "@almagest/workload";
import type { Command } from "commander";
import { parse } from "yaml";
import type { CommandContext } from "../../cli/command-context.ts";
import { parseWhole } from "../../cli/parse-options.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { DEFAULT_FOLDER } from "./connect.ts";

interface Options {
  readonly config?: string;
  readonly database?: string;
  readonly port?: number;
  readonly host?: string;
  readonly jobs?: number;
  readonly json?: boolean;
}

function readConfig(folder: string, { config, jobs }: Options): ServiceConfig {
  const path = config ?? join(folder, "workload.yaml");
  if (config === undefined && !existsSync(path)) return laptopConfig(jobs);
  return readServiceConfig(parse(readFileSync(path, "utf8")));
}

/** `almagest workload serve`: database, API and harvesters in one process. */
export function addServe(parent: Command, context: CommandContext): void {
  parent
    .command("serve")
    .description("Start the workload manager: database, API and harvesters in one process.")
    .argument("[folder]", "for the database, keys and pilots' files", DEFAULT_FOLDER)
    .option("--config <file>", "queues, shares, identity (YAML); workload.yaml of the folder if it is there")
    .option(
      "--database <place>",
      "an SQLite file, or the URL of a PostgreSQL database; workload.db of the folder",
    )
    .option("--host <address>", "where to listen; 127.0.0.1 unless told")
    .option("--port <n>", "a free port unless told", parseWhole)
    .option("-j, --jobs <n>", "without a configuration: jobs at once on this machine", parseWhole)
    .option("--json", "print the address as JSON once it serves")
    .addHelpText(
      "after",
      `
Without a configuration there is one queue, 'local': this machine with all its cores. With one, for example:

  queues:
    - name: USDF                       # a queue per facility and kind of node
      facility: US
      cores: 32
      memoryMb: 120000
      harvester: { plugin: local, slots: 8, maxWorkers: 4 }
  shares: { US: 35, FR: 40, UK: 25 }   # what each facility ought to do of the whole
  issuers:
    - issuer: https://iam.example/
      grants:
        - { group: rubin/production, roles: [production] }

The folder's owner is an operator. Stop it with Ctrl-C or SIGTERM: what runs in batch systems goes on and reports to
the next server; local pilots end, and their jobs are run again.`,
    )
    .action(async (path: string, options: Options) => {
      const { terminal } = context;
      const folder = resolve(path);
      const log = createLogger((record) => terminal.err.write(`${formatLogLine(record)}\n`));
      await using service = await startService({
        folder,
        config: readConfig(folder, options),
        log,
        ...(options.database === undefined ? {} : { database: options.database }),
        ...(options.host === undefined ? {} : { host: options.host }),
        ...(options.port === undefined ? {} : { port: options.port }),
      });
      const { url } = service;
      terminal.out.write(options.json ? `${toJsonText({ url, folder })}\n` : `Serving ${folder} at ${url}\n`);
      await new Promise<void>((done) => {
        for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => done());
      });
    });
}
