import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AlmagestError } from "@almagest/base";
import { readJobResult } from "../job/job-result.ts";
import { type Submission, writeWhole } from "../submit/submission.ts";
import type { WorkflowJob } from "../workflow/generic-workflow.ts";
import { stateOfResult } from "./job-state.ts";
import { runProgram } from "./run-program.ts";
import type { SystemTools, WorkloadSystem } from "./workload-system.ts";

/** HTCondor by DAGMan: one DAG, one submit description per job. Memory grows after holds for lack of it (hold code 34). */
export const htcondorSystem: WorkloadSystem = {
  prepare: async (submission, tools) => writeDag(submission, tools),
  async submit(submission, tools) {
    const [dag = ""] = writeDag(submission, tools);
    const said = await runProgram("condor_submit_dag", ["-f", "-usedagdir", dag]);
    const id = /cluster (\d+)/.exec(said)?.[1] ?? "";
    writeWhole(join(submission.folder, "htcondor.json"), JSON.stringify({ id }));
    return id;
  },
  async status({ folder, workflow }) {
    const submitted = existsSync(join(folder, "htcondor.json"));
    return workflow.jobs.map(({ name, parents }) => {
      const result = readJobResult(folder, name);
      const waiting = submitted ? "PENDING" : parents.length > 0 ? "UNREADY" : "READY";
      return { name, retries: 0, state: result ? stateOfResult(result) : waiting };
    });
  },
  async cancel({ folder }) {
    const path = join(folder, "htcondor.json");
    if (!existsSync(path)) throw new AlmagestError("BATCH.UNSUPPORTED", "Nothing was submitted to HTCondor.");
    const { id } = JSON.parse(readFileSync(path, "utf8")) as { id: string };
    await runProgram("condor_rm", [id]);
    return 1;
  },
  ping: async () => (await runProgram("condor_version", [])).split("\n")[0]!,
};

function writeDag(submission: Submission, tools: SystemTools): string[] {
  const { folder, workflow } = submission;
  const files = [join(folder, `${workflow.name}.dag`)];
  const nodes: string[] = [];
  const links: string[] = [];
  const nodeOf = new Map(workflow.jobs.map(({ name }) => [name, name.replace(/[^\w-]/g, "_")]));
  for (const job of workflow.jobs) {
    const file = join("condor", job.folder, `${job.name}.sub`);
    writeWhole(join(folder, file), submitDescription(submission, tools, job));
    files.push(join(folder, file));
    const node = nodeOf.get(job.name)!;
    nodes.push(`JOB ${node} "${file}"`);
    const [code] = job.resources.retryUnlessExit;
    const unless = code === undefined ? "" : ` UNLESS-EXIT ${code}`;
    if (job.resources.retries > 0) nodes.push(`RETRY ${node} ${job.resources.retries}${unless}`);
    if (job.parents.length > 0) {
      links.push(`PARENT ${job.parents.map((parent) => nodeOf.get(parent)).join(" ")} CHILD ${node}`);
    }
  }
  writeWhole(files[0]!, `${[...nodes, ...links].join("\n")}\n`);
  return files;
}

/** Old-syntax quoting of submit descriptions: the whole in double quotes, blanks in single ones. */
function quoteArguments(words: readonly string[]): string {
  const quoted = words.map((word) => `'${word.replaceAll("'", "''").replaceAll('"', '""')}'`);
  return `"${quoted.join(" ")}"`;
}

function submitDescription({ folder, facts }: Submission, tools: SystemTools, job: WorkflowJob): string {
  const [program = "", ...first] = tools.command;
  const { resources } = job;
  const log = join(folder, "logs", job.folder, job.name);
  const grow = resources.memoryMultiplier > 1;
  const memory = grow
    ? `ifThenElse(LastHoldReasonCode =?= 34, min({${resources.memoryLimitMb}, ` +
      `int(${resources.memoryMb} * pow(${resources.memoryMultiplier}, NumJobStarts))}), ${resources.memoryMb})`
    : String(resources.memoryMb);
  const release = `NumJobStarts <= ${resources.retries} && HoldReasonCode == 34`;
  const environment = Object.entries(resources.environment).map(([name, value]) => `${name}='${value}'`);
  const lines: [string, string | number | undefined][] = [
    ["universe", "vanilla"],
    ["executable", program],
    ["arguments", quoteArguments([...first, folder, job.name])],
    ["transfer_executable", "False"],
    ["should_transfer_files", "NO"],
    ["getenv", "True"],
    ["environment", environment.length > 0 ? `"${environment.join(" ")}"` : undefined],
    ["request_cpus", resources.cpus],
    ["request_memory", memory],
    ["request_disk", resources.diskMb === undefined ? undefined : `${resources.diskMb}MB`],
    ["+MaxRuntime", resources.walltimeMin === undefined ? undefined : Math.ceil(60 * resources.walltimeMin)],
    ["periodic_release", grow ? release : undefined],
    ["priority", resources.priority],
    ["accounting_group", resources.accountingGroup],
    ["concurrency_limits", resources.concurrencyLimit],
    ["output", `${log}.out`],
    ["error", `${log}.err`],
    ["log", join(folder, "condor", "events.log")],
    ["+bps_run", `"${facts.outputRun}"`],
    ["+bps_job_label", `"${job.label}"`],
    ["+bps_job_quanta", `"${countByLabel(job)}"`],
    ...Object.entries(resources.profile).map(([name, value]): [string, string] => [name, value]),
  ];
  const text = lines.flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${value}`]));
  return `${text.join("\n")}\nqueue 1\n`;
}

function countByLabel({ quanta }: WorkflowJob): string {
  const counts = new Map<string, number>();
  for (const { label } of quanta) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].map(([label, count]) => `${label}:${count}`).join(";");
}
