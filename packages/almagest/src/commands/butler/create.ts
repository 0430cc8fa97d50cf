import { readFile } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import { type CreateOptions, createRepository, type Journal } from "@almagest/butler";
import type { Command } from "commander";
import { parse } from "yaml";
import type { CommandContext } from "../../cli/command-context.ts";

interface Given {
  readonly db?: string;
  readonly namespace?: string;
  readonly seedConfig?: string;
  readonly dimensionConfig?: string;
  readonly journal: string;
}

async function readYaml(path: string): Promise<Record<string, unknown>> {
  try {
    return (parse(await readFile(path, "utf8"), { maxAliasCount: 100 }) ?? {}) as Record<string, unknown>;
  } catch (cause) {
    throw new AlmagestError("ALMAGEST.USAGE", `${path}: ${(cause as Error).message}`, { cause });
  }
}

async function toOptions(given: Given): Promise<CreateOptions> {
  if (!["auto", "wal", "rollback"].includes(given.journal))
    throw new AlmagestError("ALMAGEST.USAGE", "--journal is one of auto, wal, rollback.");
  const dimensions = given.dimensionConfig === undefined ? undefined : await readYaml(given.dimensionConfig);
  return {
    journal: given.journal as Journal,
    ...(given.db === undefined ? {} : { database: given.db }),
    ...(given.namespace === undefined ? {} : { namespace: given.namespace }),
    ...(given.seedConfig === undefined ? {} : { seed: await readYaml(given.seedConfig) }),
    ...(dimensions === undefined
      ? {}
      : { universe: dimensions as unknown as NonNullable<CreateOptions["universe"]> }),
  };
}

/** `almagest butler create`: a new, empty repository. */
export function addCreate(parent: Command, context: CommandContext): void {
  parent
    .command("create")
    .description(
      "Make a new, empty repository: files in a folder, the registry in SQLite there or on PostgreSQL.",
    )
    .argument("<repo>", "folder to make it in")
    .option(
      "--db <url>",
      "registry's database, such as postgresql://host/name (credentials: ~/.lsst/db-auth.yaml)",
    )
    .option("--namespace <schema>", "schema in that database")
    .option(
      "--seed-config <file>",
      "YAML with entries for butler.yaml, such as registry.db or datastore.templates",
    )
    .option("--dimension-config <file>", "YAML with another universe of dimensions")
    .option("--standalone", "keep all settings in the repository (it always does)")
    .option("--journal <kind>", "how SQLite writes safely: auto, wal (local disks only), rollback", "auto")
    .addHelpText("after", "\nExample: almagest butler create survey --db postgresql://db.example.org/survey")
    .action(async (repo: string, given: Given) => {
      await createRepository(repo, await toOptions(given));
      context.terminal.err.write(`Made an empty repository in ${repo}.\n`);
    });
}
