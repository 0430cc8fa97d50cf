import { exitCodeOf, type JobStatus, reportSubmission, type Submission } from "@almagest/batch";
import type { CommandContext } from "../../cli/command-context.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { renderTextTable } from "../../cli/text-table.ts";

/** Prints how a submission stands: one line as Rubin's `bps report`, then jobs by label and state, then causes of failure.
 * Failed or deleted jobs set the exit code. */
export function printReport(
  context: CommandContext,
  submission: Submission,
  statuses: readonly JobStatus[],
  { json }: { readonly json?: boolean },
): void {
  const report = reportSubmission(submission, statuses);
  const { out } = context.terminal;
  if (json) out.write(`${toJsonText({ ...report, jobs: statuses })}\n`);
  else {
    const { flag, state, percentSucceeded, id, operator, project, campaign, payload, run } = report;
    const head = {
      X: flag,
      STATE: state,
      "%S": percentSucceeded,
      ID: id,
      OPERATOR: operator,
      PROJECT: project,
      CAMPAIGN: campaign,
      PAYLOAD: payload,
      RUN: run,
    };
    out.write(`${renderTextTable([head])}\n\n`);
    const states = [...new Set(statuses.map((each) => each.state))];
    const rows = report.labels.map(({ label, states: counts, expected, quanta }) => ({
      label,
      ...Object.fromEntries(states.map((name) => [name, counts[name] ?? 0])),
      EXPECTED: expected,
      "quanta ok": quanta.succeeded,
      failed: quanta.failed,
      blocked: quanta.blocked,
    }));
    out.write(`${renderTextTable(rows)}\n`);
    if (report.failures.length > 0) out.write(`\n${renderTextTable(report.failures)}\n`);
  }
  if (["FAILED", "DELETED", "PRUNED"].includes(report.state)) context.exitCode = exitCodeOf(report.state);
}
