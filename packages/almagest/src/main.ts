import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import type { CommandContext } from "./cli/command-context.ts";
import { EXIT, reportError } from "./cli/report-error.ts";
import { processTerminal, type Terminal } from "./cli/terminal.ts";

type AddCommands = (
  program: Command,
  context: CommandContext,
  words: readonly string[],
) => void | Promise<void>;

/** What reads the module of each first word. A command line loads only its own: that is most of its start. */
const COMMANDS: ReadonlyMap<string, () => Promise<AddCommands>> = new Map<string, () => Promise<AddCommands>>(
  [
    ["demo", async () => (await import("./commands/demo.ts")).addDemo],
    ["process", async () => (await import("./commands/process.ts")).addProcess],
    ["simulate", async () => (await import("./commands/simulate.ts")).addSimulate],
    ["butler", async () => (await import("./commands/butler/add-butler-commands.ts")).addButlerCommands],
    [
      "pipetask",
      async () => (await import("./commands/pipetask/add-pipetask-commands.ts")).addPipetaskCommands,
    ],
    ["bps", async () => (await import("./commands/bps/add-bps-commands.ts")).addBpsCommands],
    [
      "workload",
      async () => (await import("./commands/workload/add-workload-commands.ts")).addWorkloadCommands,
    ],
    ["report", async () => (await import("./commands/report.ts")).addReport],
    ["completion", async () => (await import("./commands/completion.ts")).addCompletion],
    ["complete", async () => (await import("./commands/completion.ts")).addComplete],
  ],
);

function readVersion(): string {
  return JSON.parse(readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8")).version;
}

/** Builds the command tree: the whole of it, or with the words of a command line the branch that they name. */
export async function createProgram(
  context: CommandContext,
  words: readonly string[] = [],
): Promise<Command> {
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
  const named = COMMANDS.get(words[0] ?? "");
  const loaders = named === undefined ? [...COMMANDS.values()] : [named];
  for (const load of loaders) await (await load())(program, context, words.slice(1));
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
    const program = await createProgram(context, argv);
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
