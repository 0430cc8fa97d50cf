import type { CheckReport } from "@almagest/butler";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { parseNumber } from "../../cli/parse-options.ts";
import { type RowOptions, toJsonText } from "../../cli/print-rows.ts";
import { startStage } from "../../cli/progress.ts";
import { EXIT } from "../../cli/report-error.ts";
import { openCatalogue } from "../../open-catalogue.ts";

interface Options extends RowOptions {
  readonly checksums?: boolean;
  readonly repair?: boolean;
  readonly grace: number;
}

/** One line for each thing that is not as it should be. */
function findingsOf(report: CheckReport): { finding: string; path?: string; id?: string }[] {
  return [
    ...report.missing.map((file) => ({ finding: "missing", ...file })),
    ...report.changed.map((file) => ({ finding: "changed", ...file })),
    ...report.orphaned.map((path) => ({ finding: "orphaned", path })),
    ...report.halfWritten.map((path) => ({ finding: "half-written", path })),
    ...report.inconsistent.map((id) => ({ finding: "inconsistent", id })),
  ];
}

/** `almagest butler fsck`: compares the database with the files. */
export function addFsck(parent: Command, context: CommandContext): void {
  parent
    .command("fsck")
    .description(
      "Find files that are missing, changed, claimed by no dataset, or half-written; with --repair mend it.",
    )
    .argument("<repo>", "root of the repository")
    .option("--checksums", "read every file and compare its checksum")
    .option(
      "--repair",
      "forget the records of missing files, delete orphans and half-written files, finish deletions",
    )
    .option(
      "--grace <seconds>",
      "let files be that are younger, as their writer may be at work",
      parseNumber,
      3600,
    )
    .option("--json", "print one JSON array of {finding, path, id}")
    .addHelpText(
      "after",
      "\nExit code 1 where something is wrong that was not repaired. Changed files are only told.",
    )
    .action(async (repo: string, options: Options) => {
      const { repair = false, checksums = false } = options;
      await using butler = await openCatalogue(repo, { writeable: repair });
      const stage = startStage(context.terminal, "check files");
      const report = await butler.check({
        repair,
        checksums,
        graceMs: options.grace * 1000,
        onProgress: stage.update,
      });
      stage.end(`${report.checked} files`);
      const findings = findingsOf(report);
      const { out } = context.terminal;
      if (options.json) out.write(`${toJsonText(findings)}\n`);
      else {
        for (const { finding, path, id } of findings)
          out.write(`${finding.padEnd(12)} ${[path, id].filter(Boolean).join("  ")}\n`);
        if (report.inTrash > 0) out.write(`${report.inTrash} datasets whose deletion was interrupted\n`);
        const words = report.clean
          ? findings.length + report.inTrash > 0
            ? "repaired"
            : "clean"
          : "not clean";
        out.write(`${repo}: ${words}\n`);
      }
      if (!report.clean) context.exitCode = EXIT.failed;
    });
}
