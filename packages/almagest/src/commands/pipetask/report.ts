import { openGraphFile, type RunReport, reportRuns } from "@almagest/pipeline";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { EXIT } from "../../cli/report-error.ts";
import { renderTextTable } from "../../cli/text-table.ts";
import { openRepository } from "../../open-repository.ts";

interface Options {
  readonly qgraph?: string;
  readonly json?: boolean;
}

/** `almagest pipetask report`: how one or several runs went. */
export function addReport(parent: Command, context: CommandContext): void {
  parent
    .command("report")
    .description(
      "How runs went: what succeeded, failed, was recovered or blocked, with caveats and exceptions.",
    )
    .argument("<repo>", "root of the repository")
    .argument("[collections...]", "runs, or chains of them; with --qgraph its run unless told")
    .option("-g, --qgraph <file>", "the graph that was run: tells what was expected, and what is blocked")
    .option("--json", "print the report as JSON")
    .action(async (repo: string, named: string[], options: Options) => {
      await using butler = await openRepository(repo);
      await using graph = options.qgraph === undefined ? undefined : await openGraphFile(options.qgraph);
      const collections = named.length > 0 ? named : graph ? [graph.header.output_run] : ["*"];
      const report = await reportRuns({ source: butler, collections, ...(graph ? { graph } : {}) });
      if (options.json) context.terminal.out.write(`${toJsonText(report)}\n`);
      else show(context, report);
      if (report.labels.some(({ failed, blocked }) => failed + blocked > 0)) context.exitCode = EXIT.failed;
    });
}

function show({ terminal }: CommandContext, { labels, exceptions }: RunReport): void {
  if (labels.length === 0) {
    terminal.err.write("No quantum has left metadata or a log there.\n");
    return;
  }
  const rows = labels.map((label) => ({
    task: label.label,
    expected: label.expected,
    succeeded: label.succeeded,
    recovered: label.recovered,
    failed: label.failed,
    blocked: label.blocked,
    pending: label.pending,
    caveats: Object.entries(label.caveats)
      .map(([letter, count]) => `${letter}:${count}`)
      .join(" "),
    seconds: Number(label.seconds.toFixed(1)),
    longest: Number(label.longestSec.toFixed(2)),
    "peak MB": Math.round(label.peakMemoryMb),
  }));
  terminal.out.write(`${renderTextTable(rows)}\n`);
  for (const { label, type, message, count, recovered, example, run } of exceptions) {
    const dataId = Object.entries(example).map(([name, value]) => `${name}=${value}`);
    const later = recovered > 0 ? `, ${recovered} recovered later` : "";
    terminal.out.write(`\n${label}: ${count} × ${type}${later}\n  ${message}\n`);
    terminal.out.write(`  such as ${dataId.join(", ")} in ${run}\n`);
  }
}
