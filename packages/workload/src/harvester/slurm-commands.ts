import { AlmagestError } from "@almagest/base";
import { runProgram } from "./run-program.ts";
import { ARRAY_PREFIX, type SlurmElement, type SlurmTalk } from "./slurm-talk.ts";

/** Job ids on one command line. */
const IDS_PER_COMMAND = 500;

/** Speaks to Slurm by sbatch, squeue, sacct and scancel; `words` are further ones for sbatch. */
export function slurmByCommands(
  environment: Readonly<Record<string, string>>,
  words: readonly string[],
): SlurmTalk {
  const run = (program: string, ...rest: string[]): Promise<string> =>
    runProgram(program, rest, { environment });
  return {
    async submit(array) {
      const all = [
        ...["--parsable", `--job-name=${array.name}`, `--array=0-${array.count - 1}`],
        ...[`--cpus-per-task=${array.cpus}`, `--mem=${array.memoryMb}M`, `--time=${array.minutes}`],
        ...[`--chdir=${array.folder}`, `--output=${array.output}`],
        // The pilot is told before its time is up, so that it can give its jobs back. One that is requeued would be a
        // second pilot under one id.
        ...["--signal=TERM@60", "--no-requeue", "--open-mode=append"],
        ...(array.partition === undefined ? [] : [`--partition=${array.partition}`]),
        ...(array.account === undefined ? [] : [`--account=${array.account}`]),
        ...words,
      ];
      const answer = await runProgram("sbatch", all, { environment, input: array.script });
      const id = /^(\d+)(;|$)/m.exec(answer.trim())?.[1];
      if (id !== undefined) return id;
      throw new AlmagestError(
        "WORKLOAD.BATCH_SYSTEM",
        `sbatch answered "${answer.trim()}", which holds no job id.`,
      );
    },
    async queue() {
      const format = "--format=%F_%K|%j|%T|%r";
      const text = await run("squeue", "--noheader", "--me", "--array", "--states=all", format);
      return text.split("\n").flatMap((line): SlurmElement[] => {
        const [batchId = "", name = "", state = "", reason = ""] = line.split("|");
        return name.startsWith(ARRAY_PREFIX) ? [{ batchId, name, state, reason }] : [];
      });
    },
    async accounting(jobIds) {
      let text: string;
      try {
        text = await run("sacct", "-n", "-P", "-X", "-j", jobIds.join(","), "-o", "JobID,State,ExitCode");
      } catch (error) {
        const why = (error as AlmagestError).message;
        // Without slurmdbd nobody knows more than the controller.
        if (/accounting storage is disabled|Slurm accounting/i.test(why)) return [];
        throw error;
      }
      return text.split("\n").flatMap((line) => {
        const [batchId = "", state = "", exit = ""] = line.split("|");
        return batchId === "" ? [] : [{ batchId, state, reason: `exit ${exit}` }];
      });
    },
    async cancel(batchIds) {
      for (let start = 0; start < batchIds.length; start += IDS_PER_COMMAND) {
        await run("scancel", ...batchIds.slice(start, start + IDS_PER_COMMAND));
      }
    },
  };
}
