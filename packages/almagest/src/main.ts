import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import type { CommandContext } from "./cli/command-context.ts";
import { EXIT, reportError } from "./cli/report-error.ts";
import { processTerminal, type Terminal } from "./cli/terminal.ts";
import { addBpsCommands } from "./commands/bps/add-bps-commands.ts";
import { addButlerCommands } from "./commands/butler/add-butler-commands.ts";
import { addDemo } from "./commands/demo.ts";
import { addPipetaskCommands } from "./commands/pipetask/add-pipetask-commands.ts";
import { addProcess } from "./commands/process.ts";
import { addReport } from "./commands/report.ts";
import { addSimulate } from "./commands/simulate.ts";
import { addWorkloadCommands } from "./commands/workload/add-workload-commands.ts";

function readVersion(): string {
  return JSON.parse(readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8")).version;
}

/** Builds the whole command tree. */
export function createProgram(context: CommandContext): Command {
  const program = new Command("almagest")
    .description(
      "From a sky survey's raw exposures to calibrated images, deep coadds, catalogues and alerts.",
    )
    .version(readVersion())
    .showHelpAfterError("(add --help for what this command takes)")
    .addHelpText(
      "after",
      `
Start here:
  almagest demo                                 a synthetic survey, from raw frames to a report with pictures
  almagest process night/*.fits --output out    your own frames, from any telescope
  almagest butler query-datasets out/repo '*'   what the repository now holds
  almagest workload serve                       jobs by the million, here and on batch farms`,
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.out.write(text),
      writeErr: (text) => context.terminal.err.write(text),
    });
  addDemo(program, context);
  addProcess(program, context);
  addSimulate(program, context);
  addButlerCommands(program, context);
  addPipetaskCommands(program, context);
  addBpsCommands(program, context);
  addWorkloadCommands(program, context);
  addReport(program, context);
  inheritSettings(program);
  return program;
}

/** Commander copies settings to subcommands only when they are made through the parent before it is set up. */
function inheritSettings(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inheritSettings(child);
  }
}

/** Runs one command line and gives the exit code; never throws. */
export async function main(argv: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  const context: CommandContext = { terminal, exitCode: EXIT.ok };
  try {
    const program = createProgram(context);
    if (argv.length === 0) {
      program.outputHelp();
      return EXIT.ok;
    }
    await program.parseAsync([...argv], { from: "user" });
    return context.exitCode;
  } catch (error) {
    return reportError(terminal, error, argv.includes("--json"));
  }
}
