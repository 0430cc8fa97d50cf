import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { createRandom } from "@almagest/base";
import { JOB_STATES, renderReportText, type SubmissionReport } from "@almagest/batch";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";

/** A report of made-up counts. */
function makeReport(number: number): SubmissionReport {
  const random = createRandom(`report ${number}`);
  const labels = ["isr", "calibrateImage", "makeDirectWarp", "a"]
    .slice(0, 1 + random.integer(4))
    .map((label) => {
      const states = Object.fromEntries(
        JOB_STATES.map((state) => [state, random.integer(3) === 0 ? random.integer(20_000) : 0]),
      );
      const expected = Object.values(states).reduce((sum, count) => sum + count, 0);
      const exitCodes = Array.from(
        { length: random.integer(4) },
        () => [1, 2, 9, 137, 255][random.integer(5)]!,
      );
      return { label, states, expected, exitCodes, quanta: { succeeded: 0, failed: 0, blocked: 0 } };
    });
  const sum = (state: string): number => labels.reduce((all, { states }) => all + states[state]!, 0);
  const expected = labels.reduce((all, label) => all + label.expected, 0);
  const state = JOB_STATES[random.integer(JOB_STATES.length)]!;
  const flag = sum("HELD") > 0 ? "H" : sum("DELETED") > 0 ? "D" : sum("FAILED") > 0 ? "F" : "";
  return {
    ...{
      flag: state === "RUNNING" ? flag : "",
      state,
      id: `/submit/u/${number}`,
      run: `u/me/${"r".repeat(number)}`,
    },
    percentSucceeded: expected === 0 ? 100 : Math.floor((sum("SUCCEEDED") / expected) * 100),
    ...{ operator: "me", project: number % 2 ? "demo" : "", campaign: "DRP", payload: "science" },
    labels,
    failures: [],
  };
}

/** Reports read as those of the original. */
export const bars: Bar[] = [
  {
    name: "text of bps report",
    goal: "100 reports with exit codes, character by character as lsst.ctrl.bps prints them",
    async measure() {
      const reports = Array.from({ length: 100 }, (_, number) => makeReport(number)).filter(({ labels }) =>
        labels.some(({ expected }) => expected > 0),
      );
      const input = reports.map(({ labels, ...report }) => ({
        ...report,
        path: report.id,
        expected: Object.fromEntries(labels.map(({ label, expected }) => [label, expected])),
        total: Object.fromEntries(
          JOB_STATES.map((state) => [
            state,
            labels.reduce((sum, { states }) => sum + (states[state] ?? 0), 0),
          ]),
        ),
        labels: Object.fromEntries(labels.map(({ label, states }) => [label, states])),
        codes: Object.fromEntries(labels.map(({ label, exitCodes }) => [label, exitCodes])),
      }));
      const python = findPython(["lsst.ctrl.bps"], true);
      const run = spawnSync(python, [join(import.meta.dirname, "report.py")], {
        input: JSON.stringify(input),
        encoding: "utf8",
        maxBuffer: 1 << 28,
      });
      if (run.status !== 0) throw new Error(run.stderr.trim().split("\n").at(-1));
      const theirs = run.stdout.split("=====\n");
      const same = reports.filter(
        (report, number) => renderReportText(report, true) === theirs[number],
      ).length;
      const first = reports.findIndex((report, number) => renderReportText(report, true) !== theirs[number]);
      const other =
        first < 0 ? "" : `; first other:\n${renderReportText(reports[first]!, true)}\n${theirs[first]}`;
      return { figure: `${same} of ${reports.length} the same${other}`, pass: same === reports.length };
    },
  },
];
