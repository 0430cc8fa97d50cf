import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { addControls } from "./control.ts";
import { addErrors } from "./errors.ts";
import { addLogs } from "./logs.ts";
import { addPilots } from "./pilots.ts";
import { addQueues } from "./queues.ts";
import { addServe } from "./serve.ts";
import { addShares } from "./shares.ts";
import { addStatus } from "./status.ts";
import { addSubmit } from "./submit.ts";
import { addWhy } from "./why.ts";

/** `almagest workload …`: the workload manager. To add a command, write its file beside this one and list it here. */
export function addWorkloadCommands(program: Command, context: CommandContext): void {
  const workload = program
    .command("workload")
    .description(
      "Run workflows of up to millions of jobs on this machine or on batch farms, and ask about them.",
    )
    .addHelpText(
      "after",
      `
On a laptop:
  almagest workload serve                start it here (folder ./workload); Ctrl-C ends it, nothing is lost
  almagest workload submit jobs.yaml     in another terminal; see 'submit --help' for the file
  almagest workload status               what runs, what is done
  almagest workload errors 1             what failed in workflow 1, failures of one kind together
  almagest workload logs star --job JOB  what a job printed, here those lines with "star"
  almagest workload why JOB              why a job (by id or name) is where it is

Commands find the server by --server or ALMAGEST_WORKLOAD: the folder that 'serve' was given (./workload unless
told), or its address, with a token in ALMAGEST_TOKEN.`,
    );
  for (const add of [
    addServe,
    addSubmit,
    addStatus,
    addWhy,
    addErrors,
    addLogs,
    addControls,
    addQueues,
    addShares,
    addPilots,
  ]) {
    add(workload, context);
  }
}
