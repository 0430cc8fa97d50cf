import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { addBuild } from "./build.ts";
import { addProvenance } from "./provenance.ts";
import { addQgraph } from "./qgraph.ts";
import { addReport } from "./report.ts";
import { addRun } from "./run.ts";
import { addPreExecInitQbb, addRunQbb } from "./run-qbb.ts";

/** `almagest pipetask …`: what is done with the data. To add a command, write its file beside this one and list it here. */
export function addPipetaskCommands(program: Command, context: CommandContext): void {
  const pipetask = program
    .command("pipetask")
    .description("What is done with the data: check, show and run pipelines; report on runs.");
  for (const add of [addBuild, addQgraph, addRun, addPreExecInitQbb, addRunQbb, addReport, addProvenance])
    add(pipetask, context);
}
