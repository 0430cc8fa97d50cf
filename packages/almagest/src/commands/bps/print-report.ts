import {
  exitCodeOf,
  type JobStatus,
  renderReportText,
  reportSubmission,
  type Submission,
} from "@almagest/batch";
import type { CommandContext } from "../../cli/command-context.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { renderTextTable } from "../../cli/text-table.ts";

/** What to print. */
export interface ReportOptions {
  readonly json?: boolean;
  /** Also exit codes of failed jobs, per label. */
  readonly returnExitCodes?: boolean;
}

/** Prints how a submission stands: the tables of Rubin's `bps report`, then what it has no place for: quanta by outcome and
 * causes of failure. Failed or deleted jobs set the exit code. */
export function printReport(
  context: CommandContext,
  submission: Submission,
  statuses: readonly JobStatus[],
  { json, returnExitCodes }: ReportOptions,
): void {
  const report = reportSubmission(submission, statuses);
  const { out } = context.terminal;
  if (json) out.write(`${toJsonText({ ...report, jobs: statuses })}\n`);
  else {
    out.write(renderReportText(report, returnExitCodes));
    const rows = report.labels.map(({ label, quanta }) => ({ quanta: label, ...quanta }));
    out.write(`\n${renderTextTable(rows)}\n`);
    if (report.failures.length > 0) out.write(`\n${renderTextTable(report.failures)}\n`);
  }
  if (["FAILED", "DELETED", "PRUNED"].includes(report.state)) context.exitCode = exitCodeOf(report.state);
}
