import { connectWorkload, type WorkloadClient } from "@almagest/workload";
import type { Command } from "commander";

/** Options of every command that asks a server. */
export interface ServerOptions {
  readonly server?: string;
  readonly json?: boolean;
}

/** Where a service's folder is unless told. */
export const DEFAULT_FOLDER = "workload";

/** Adds `--server` and `--json`. */
export function addServerOptions(command: Command): Command {
  return command
    .option(
      "--server <place>",
      "folder of a running 'serve', or its address; else ALMAGEST_WORKLOAD, else ./workload",
    )
    .option("--json", "print as JSON");
}

/** The client of the server that the options name. Throws `WORKLOAD.UNREACHABLE`. */
export function connect({ server }: ServerOptions): WorkloadClient {
  return connectWorkload(server);
}
