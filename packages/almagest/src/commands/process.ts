import { availableParallelism } from "node:os";
import type { Command } from "commander";
import type { CommandContext } from "../cli/command-context.ts";
import { runProcess } from "../process/run-process.ts";
import { parseWhole } from "./butler/parse-options.ts";

interface Options {
  readonly output: string;
  readonly reference?: readonly string[];
  readonly where?: string;
  readonly jobs: number;
  readonly json?: boolean;
}

/** `almagest process`: any telescope's frames to calibrated images, a stack and a catalogue. */
export function addProcess(program: Command, context: CommandContext): void {
  program
    .command("process")
    .description(
      "Take any telescope's FITS frames to calibrated images, stacks, a catalogue and a report page.",
    )
    .argument("<files...>", "FITS frames, or folders of them")
    .requiredOption("--output <folder>", "where to put images, catalogue, report and repository")
    .option("--reference <files...>", "reference catalogue: Parquet, CSV or FITS table")
    .option("--where <expression>", "only frames for which this holds")
    .option("-j, --jobs <n>", "worker threads", parseWhole, availableParallelism())
    .option("--json", "print the outcome as JSON")
    .action(async (files: string[], options: Options) => {
      await runProcess(context.terminal, {
        files,
        output: options.output,
        reference: options.reference ?? [],
        workers: options.jobs,
      });
    });
}
