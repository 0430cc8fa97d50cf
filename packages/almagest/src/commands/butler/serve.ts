import { readFile } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import { parsePermissions, startButlerServer } from "@almagest/butler/server";
import { createTokenVerifier } from "@almagest/identity";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList, parseWhole } from "../../cli/parse-options.ts";
import { openRepository } from "../../open-repository.ts";

interface Options {
  readonly host: string;
  readonly port: number;
  readonly permissions?: string;
  readonly issuer?: string[];
  readonly audience?: string;
  readonly publicUrl?: string;
}

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

/** Resolves when the process is asked to end. */
function untilAsked(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}

/** `almagest butler serve`: a repository over HTTP. */
export function addServe(parent: Command, context: CommandContext): void {
  parent
    .command("serve")
    .description(
      "Serve a repository over HTTP: to Almagest for reading and writing, to the Python Butler for reading.",
    )
    .argument("<repo>", "root of the repository")
    .option("--host <name>", "address to listen on", "127.0.0.1")
    .option("--port <n>", "port to listen on; 0 for any that is free", parseWhole, 8080)
    .option(
      "--issuer <urls>",
      "OIDC issuers whose tokens are taken; without it nobody needs one",
      collectList,
    )
    .option("--audience <text>", "who the tokens must be for")
    .option("--permissions <yaml>", "who may read and write which collections; everybody all unless given")
    .option(
      "--public-url <url>",
      "address under which clients reach this server, where a proxy stands before it",
    )
    .addHelpText(
      "after",
      `
Permissions, the first rule that matches a collection holds:
  define: [survey/admin]              # dimension records and dataset types
  rules:
    - { collections: ["u/{subject}/*"], write: ["subject:me"], read: ["*"] }
    - { collections: ["*"], read: ["survey"], write: ["survey/production"] }

Clients:
  ALMAGEST_BUTLER_TOKEN=… almagest butler query-datasets http://HOST:PORT raw
  BUTLER_RUBIN_ACCESS_TOKEN=… python -c 'from lsst.daf.butler import Butler; Butler("http://HOST:PORT")'`,
    )
    .action(async (repo: string, options: Options) => {
      const { host, port, issuer: issuers = [], audience, publicUrl } = options;
      if (issuers.length === 0 && !LOOPBACK.has(host)) {
        throw new AlmagestError(
          "ALMAGEST.USAGE",
          `Without --issuer anybody could do anything: that is served on 127.0.0.1 only, not on ${host}.`,
        );
      }
      const permissions =
        options.permissions === undefined
          ? undefined
          : parsePermissions(await readFile(options.permissions, "utf8"));
      await using butler = await openRepository(repo, { writeable: true });
      const server = await startButlerServer(butler, {
        host,
        port,
        ...(permissions === undefined ? {} : { permissions }),
        ...(publicUrl === undefined ? {} : { publicUrl }),
        ...(issuers.length === 0
          ? {}
          : {
              verify: createTokenVerifier(
                issuers.map((issuer) => ({
                  issuer,
                  grants: [],
                  ...(audience === undefined ? {} : { audience }),
                })),
              ),
            }),
        onFailure: (error) =>
          context.terminal.err.write(`${error instanceof Error ? error.stack : String(error)}\n`),
      });
      context.terminal.out.write(`${server.url}\n`);
      context.terminal.err.write(`Serving ${repo}; Ctrl-C ends it.\n`);
      await untilAsked();
      await server.stop();
    });
}
