import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import type { CommandContext } from "../cli/command-context.ts";
import { DEMO_SIZES, type DemoSize } from "../demo/demo-options.ts";
import { runDemo } from "../demo/run-demo.ts";
import { parseWhole } from "./butler/parse-options.ts";

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
      await runDemo(context.terminal, { ...options, workers: options.jobs });
    });
}
