import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import type { CommandContext } from "../cli/command-context.ts";
import { parseWhole } from "../cli/parse-options.ts";
import { startStage } from "../cli/progress.ts";
import { renderTextTable } from "../cli/text-table.ts";
import { DEMO_SIZES, type DemoSize } from "../demo/demo-options.ts";
import { judgeDemo, writeDemoReport } from "../demo/demo-report.ts";
import { runDemo } from "../demo/run-demo.ts";
import { openRepository } from "../open-repository.ts";
import { summariseRun } from "../report/how-panels.ts";
import { listVerdicts } from "../report/truth-panels.ts";

interface Options {
  readonly output: string;
  readonly size: DemoSize;
  readonly seed: number;
  readonly jobs: number;
}

/** `almagest demo`: the main job on a synthetic survey. */
export function addDemo(program: Command, context: CommandContext): void {
  program
    .command("demo")
    .description(
      "Simulate a small survey and take it from raw exposures to coadds, an object table and a report page.",
    )
    .option("--output <folder>", "where to put survey, repository and report", "demo")
    .addOption(
      new Option("--size <size>", "how much to observe").choices([...DEMO_SIZES]).default("standard"),
    )
    .option("--seed <n>", "seed of the survey: the same seed gives the same products", parseWhole, 2026)
    .option("-j, --jobs <n>", "worker threads", parseWhole, availableParallelism())
    .addHelpText("after", "\nStopped in the middle? Run it again: it goes on where it was.")
    .action(async (options: Options) => {
      const started = performance.now();
      const { terminal } = context;
      const result = await runDemo(terminal, { ...options, workers: options.jobs });
      await using butler = await openRepository(result.repository);
      const judging = startStage(terminal, "judge and draw");
      const judgement = await judgeDemo(butler, result);
      // A run that was continued says nothing of how long the whole takes.
      const fresh = result.summary.labels.every((label) => label.skipped === 0);
      const totalSec = fresh ? (performance.now() - started) / 1000 : undefined;
      const path = await writeDemoReport(butler, options.output, judgement, totalSec);
      judging.end(path);
      const rows = listVerdicts(judgement).map(({ name, goal, figure, pass }) => ({
        measure: name,
        goal,
        figure,
        verdict: pass ? "reached" : "SHORT",
      }));
      terminal.out.write(
        `\n${renderTextTable(summariseRun(result.summary))}\n\n${renderTextTable(rows)}\n\n`,
      );
      terminal.out.write(
        `Open ${path} in a browser. Ask the repository: npx almagest butler query-datasets ${result.repository} '*'\n`,
      );
    });
}
