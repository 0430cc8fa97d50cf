import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { addCancel } from "./cancel.ts";
import { addPing } from "./ping.ts";
import { addPrepare } from "./prepare.ts";
import { addReport } from "./report.ts";
import { addRunJob } from "./run-job.ts";
import { addRunJobs } from "./run-jobs.ts";
import { addRestart, addSubmit } from "./submit.ts";

/** `almagest bps …`: work as batch jobs. To add a command, write its file beside this one and list it here. */
export function addBpsCommands(program: Command, context: CommandContext): void {
  const bps = program
    .command("bps")
    .description(
      "Run pipelines as batch jobs: on this machine, Slurm, HTCondor, Parsl or our workload manager.",
    );
  for (const add of [
    addPrepare,
    addSubmit,
    addReport,
    addRestart,
    addCancel,
    addPing,
    addRunJob,
    addRunJobs,
  ]) {
    add(bps, context);
  }
}
