import { AlmagestError } from "@almagest/base";
import {
  MIGRATIONS,
  type Migration,
  openForMigration,
  planMigrations,
  readSchemaVersions,
  revisionOf,
  runMigration,
  TREES,
  targetRevision,
  updateDayObs,
} from "@almagest/butler";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { parseNumber } from "../../cli/parse-options.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { startStage } from "../../cli/progress.ts";
import { openCatalogue } from "../../open-catalogue.ts";

interface UpgradeOptions {
  readonly dryRun?: boolean;
  readonly options: Record<string, string>;
  readonly json?: boolean;
}

function collectPair(text: string, known: Record<string, string>): Record<string, string> {
  const pairs = text.split(",").map((pair) => /^([^=]+)=(.*)$/.exec(pair));
  for (const pair of pairs) {
    if (pair === null) throw new AlmagestError("ALMAGEST.USAGE", `'${text}' is not KEY=VALUE.`);
  }
  return { ...known, ...Object.fromEntries(pairs.map((pair) => [pair![1]!, pair![2]!])) };
}

function describe(step: Migration): Record<string, unknown> {
  const { tree, className, from, to, summary } = step;
  return {
    number:
      MIGRATIONS.findIndex(
        (item) => item.tree === tree && item.from === from && item.className === className,
      ) + 1,
    tree,
    from,
    to,
    revision: targetRevision(step),
    summary,
  };
}

const lineOf = (step: Migration): string =>
  `${`${describe(step).number}`.padStart(2)}  ${step.tree} ${step.from} -> ${step.to} (${targetRevision(step)}): ${step.summary}\n`;

function addShowTrees(parent: Command, { terminal }: CommandContext): void {
  parent
    .command("show-trees")
    .description("List the parts of the schema that have versions of their own.")
    .option("--json", "print one JSON array of names")
    .action((options: { json?: boolean }) => {
      const trees = [...TREES].sort();
      terminal.out.write(options.json ? `${toJsonText(trees)}\n` : trees.map((tree) => `${tree}\n`).join(""));
    });
}

function addShowHistory(parent: Command, { terminal }: CommandContext): void {
  parent
    .command("show-history")
    .description(
      "List the migrations that are known, newest first, with the revisions they lead from and to.",
    )
    .argument("[tree]", "only of this part of the schema")
    .option("--json", "print one JSON array of {number, tree, from, to, revision, summary}")
    .action((tree: string | undefined, options: { json?: boolean }) => {
      const steps = MIGRATIONS.filter((step) => tree === undefined || step.tree === tree).toReversed();
      if (tree !== undefined && steps.length === 0)
        throw new AlmagestError(
          "ALMAGEST.USAGE",
          `There is no tree '${tree}'; there are ${TREES.join(", ")}.`,
        );
      if (options.json) return void terminal.out.write(`${toJsonText(steps.map(describe))}\n`);
      for (const step of steps) {
        const { tree: name, className, from, to, summary } = step;
        const isHead = !MIGRATIONS.some((item) => item.tree === name && item.from === to);
        terminal.out.write(
          `${revisionOf(name, className, from)} -> ${targetRevision(step)} (${name}, ${name}-${className})${isHead ? " (head)" : ""}, ${to}: ${summary}\n`,
        );
      }
    });
}

function addShowCurrent(parent: Command, { terminal }: CommandContext): void {
  parent
    .command("show-current")
    .description("Tell the versions of a repository's schema, and which of them are the newest known.")
    .argument("<repo>", "root of the repository")
    .option("--butler", "with the classes and versions that the repository itself tells")
    .option("--json", "print one JSON array of {tree, class, version, revision, head}")
    .action(async (repo: string, options: { butler?: boolean; json?: boolean }) => {
      await using db = await openForMigration(repo, { readOnly: true });
      const versions = await readSchemaVersions(db);
      const behind = new Set<string>(planMigrations(versions).map(({ tree }) => tree));
      const rows = versions.map(({ className, ...item }) => ({
        ...item,
        class: className,
        head: !behind.has(item.tree),
      }));
      if (options.json) return void terminal.out.write(`${toJsonText(rows)}\n`);
      for (const row of rows) {
        const revision = `${row.revision}${row.head ? " (head)" : ""}`;
        terminal.out.write(
          options.butler ? `${row.tree}: ${row.class} ${row.version} -> ${revision}\n` : `${revision}\n`,
        );
      }
    });
}

function addUpgrade(parent: Command, { terminal }: CommandContext): void {
  parent
    .command("upgrade")
    .description(
      "Bring a repository's schema to the newest versions, or one part of it to a revision. Each step happens whole or not at all; killed, it is continued by running it again.",
    )
    .argument("<repo>", "root of the repository")
    .argument("[revision]", "revision that show-history tells; all parts to their newest unless given")
    .option("-n, --dry-run", "only say what would be done")
    .option("--options <key=value>", "what a migration needs to know; repeatable", collectPair, {})
    .option("--json", "print one JSON array of the steps {number, tree, from, to, revision, summary}")
    .addHelpText("after", "\nExample: almagest butler migrate upgrade /repo/main --dry-run")
    .action(async (repo: string, revision: string | undefined, options: UpgradeOptions) => {
      await using db = await openForMigration(repo, { readOnly: options.dryRun ?? false });
      const plan = planMigrations(await readSchemaVersions(db), revision);
      for (const step of options.dryRun ? [] : plan) {
        const stage = startStage(terminal, `${step.tree} ${step.to}`);
        await runMigration(step, { db, options: options.options, onProgress: stage.update });
        stage.end("done");
      }
      if (options.json) return void terminal.out.write(`${toJsonText(plan.map(describe))}\n`);
      if (plan.length === 0)
        terminal.out.write("Nothing to do: every part is of the newest version known.\n");
      for (const step of plan) terminal.out.write(lineOf(step));
    });
}

interface DayObsOptions {
  readonly offsetHours?: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

function addUpdateDayObs(parent: Command, { terminal }: CommandContext): void {
  parent
    .command("update-day-obs")
    .description(
      "Compute the observing days of an instrument's exposures and visits anew, from when they begin.",
    )
    .argument("<repo>", "root of the repository")
    .argument("<instrument>", "name of the instrument")
    .option(
      "--offset-hours <hours>",
      "hours after 0 h TAI at which the day begins; 12 unless given, 0 for HSC, SuprimeCam and MegaPrime",
      parseNumber,
    )
    .option("-n, --dry-run", "only count")
    .option("--json", "print one JSON object of {exposures, visits}")
    .action(async (repo: string, instrument: string, options: DayObsOptions) => {
      const { offsetHours, dryRun = false } = options;
      if (offsetHours !== undefined && !Number.isInteger(offsetHours))
        throw new AlmagestError("ALMAGEST.USAGE", "--offset-hours takes a whole number.");
      await using butler = await openCatalogue(repo, { writeable: !dryRun });
      if ((await butler.queryRecords("instrument", { dataId: { instrument } })).length === 0) {
        throw new AlmagestError("ALMAGEST.USAGE", `The repository knows no instrument '${instrument}'.`);
      }
      const report = await updateDayObs(butler, instrument, {
        dryRun,
        ...(offsetHours === undefined ? {} : { offsetHours }),
      });
      const words = `${dryRun ? "Would change" : "Changed"} ${report.exposures} exposures and ${report.visits} visits.`;
      terminal.out.write(options.json ? `${toJsonText(report)}\n` : `${words}\n`);
    });
}

/** `almagest butler migrate …`: versions of a repository's schema, with the words of `daf_butler_migrate`. */
export function addMigrate(parent: Command, context: CommandContext): void {
  const migrate = parent
    .command("migrate")
    .description("Tell and change the versions of a repository's schema.");
  for (const add of [addShowTrees, addShowHistory, addShowCurrent, addUpgrade, addUpdateDayObs])
    add(migrate, context);
}
