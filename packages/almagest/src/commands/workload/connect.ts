import { existsSync } from "node:fs";
import { AlmagestError } from "@almagest/base";
import { readOperatorToken, readServerFile, WorkloadClient } from "@almagest/workload";
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
  const place = server ?? process.env.ALMAGEST_WORKLOAD ?? DEFAULT_FOLDER;
  const given = process.env.ALMAGEST_TOKEN;
  if (/^https?:\/\//.test(place)) {
    return new WorkloadClient({ url: place, ...(given === undefined ? {} : { token: given }) });
  }
  const running = existsSync(place) ? readServerFile(place) : undefined;
  if (running === undefined) {
    throw new AlmagestError(
      "WORKLOAD.UNREACHABLE",
      `No server runs on the folder ${place}. Start one with \`almagest workload serve ${place}\`, or name another with --server.`,
      { fields: { place } },
    );
  }
  const token = given ?? readOperatorToken(place);
  return new WorkloadClient({ url: running.url, ...(token === undefined ? {} : { token }) });
}
