import { JOB_STATES } from "../systems/job-state.ts";
import type { SubmissionReport } from "./report.ts";

/** Exit codes of the payload itself; all others are of the machinery (as in `lsst.ctrl.bps`). */
const PAYLOAD_CODES = new Set([1, 2]);

type Align = "left" | "right";

/** Python's `str.center`. */
function center(text: string, width: number): string {
  const pad = width - text.length;
  const left = Math.floor(pad / 2) + (pad & width & 1);
  return text.padStart(text.length + left).padEnd(width);
}

/** Astropy's columns are no narrower. */
const LEAST_WIDTH = 3;

/** A table as astropy prints it: a heading, a rule, rows. Without alignment, headings are centred and values stand right. */
function formatTable(
  names: readonly string[],
  rows: readonly (readonly string[])[],
  align?: Align[],
): string[] {
  const widths = names.map((name, c) =>
    Math.max(LEAST_WIDTH, name.length, ...rows.map((row) => row[c]!.length)),
  );
  const line = (texts: readonly string[], isHead: boolean): string =>
    texts
      .map((text, c) => {
        const width = widths[c]!;
        if (align === undefined) return isHead ? center(text, width) : text.padStart(width);
        return align[c] === "left" ? text.padEnd(width) : text.padStart(width);
      })
      .join(" ");
  const rule = widths.map((width) => "-".repeat(width)).join(" ");
  return [line(names, true), rule, ...rows.map((row) => line(row, false))];
}

const firstLeft = (names: readonly string[]): Align[] =>
  names.map((_name, c) => (c === 0 ? "left" : "right"));

/** A report in the words and columns of `bps report --id` of `lsst.ctrl.bps`, with `exitCodes` those of failed jobs. */
export function renderReportText(report: SubmissionReport, exitCodes = false): string {
  const { id } = report;
  const head = {
    X: report.flag || " ",
    STATE: report.state,
    "%S": String(report.percentSucceeded),
    ID: id,
    OPERATOR: report.operator,
    PROJECT: report.project,
    CAMPAIGN: report.campaign,
    PAYLOAD: report.payload,
    RUN: report.run,
  };
  const names = [" ", ...JOB_STATES, "EXPECTED"];
  const rows = report.labels.map(({ label, states, expected }) => [
    label,
    ...JOB_STATES.map((state) => String(states[state] ?? 0)),
    String(expected),
  ]);
  const total = names
    .slice(1)
    .map((_name, c) => String(rows.reduce((sum, row) => sum + Number(row[c + 1]), 0)));
  const table = formatTable(names, [["TOTAL", ...total], ...rows], firstLeft(names));
  table.splice(3, 0, table[1]!);
  const lines = [
    ...formatTable(Object.keys(head), [Object.values(head)]),
    ...["", "", `Path: ${id}`, `Global job id: ${id}`, "", ""],
    ...table,
  ];
  if (exitCodes) lines.push("", "", ...formatCodes(report));
  return `${lines.join("\n")}\n`;
}

function formatCodes(report: SubmissionReport): string[] {
  const names = [
    ...[" ", "PAYLOAD ERROR COUNT", "PAYLOAD ERROR CODES"],
    ...["INFRASTRUCTURE ERROR COUNT", "INFRASTRUCTURE ERROR CODES"],
  ];
  const rows = report.labels.map(({ label, exitCodes }) => {
    const [payload, machinery] = [true, false].map((wanted) =>
      exitCodes.filter((code) => PAYLOAD_CODES.has(code) === wanted),
    );
    const list = (codes: readonly number[]): string =>
      codes.length === 0 ? "None" : [...new Set(codes.map(String))].sort().join(", ");
    return [label, ...[payload!, machinery!].flatMap((codes) => [String(codes.length), list(codes)])];
  });
  return formatTable(names, rows, firstLeft(names));
}
