import {
  type BpsConfig,
  findSystem,
  openSubmitFile,
  prepareSubmission,
  readPastCosts,
  type Submission,
} from "@almagest/batch";
import type { Butler } from "@almagest/butler";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { printRows, toJsonText } from "../../cli/print-rows.ts";
import { openRepository } from "../../open-repository.ts";
import { RUNTIME_URL } from "../../runtime.ts";
import { JOB_TOOLS } from "./job-command.ts";

/** Options that change what the submit file says. */
export interface SubmitFileOptions {
  readonly butlerConfig?: string;
  readonly input?: string;
  readonly output?: string;
  readonly outputRun?: string;
  readonly dataQuery?: string;
  readonly pipeline?: string;
  readonly wmsService?: string;
  readonly computeSite?: string;
  readonly qgraph?: string;
  readonly extraQgraphOptions?: string;
  readonly costsFrom: string[];
  readonly json?: boolean;
}

/** The words of the command line under the names that submit files use. */
const KEYS: readonly (readonly [keyof SubmitFileOptions, string])[] = [
  ["butlerConfig", "butlerConfig"],
  ["input", "inCollection"],
  ["output", "output"],
  ["outputRun", "outputRun"],
  ["dataQuery", "dataQuery"],
  ["pipeline", "pipelineYaml"],
  ["wmsService", "wmsServiceClass"],
  ["computeSite", "computeSite"],
  ["qgraph", "qgraphFile"],
  ["extraQgraphOptions", "extraQgraphOptions"],
];

/** Adds the options that `prepare` and `submit` share. */
export function addSubmitFileOptions(command: Command): Command {
  return command
    .argument("<submit.yaml>", "submit file, as for Rubin's bps")
    .option("-b, --butler-config <repo>", "root of the repository")
    .option("-i, --input <collections>", "input collections, in search order")
    .option("-o, --output <chain>", "chain to put the run in front of")
    .option("--output-run <run>", "run to write")
    .option("-d, --data-query <expression>", "which data")
    .option("-p, --pipeline <file>", "pipeline YAML")
    .option("-g, --qgraph <file>", "quantum graph file to run instead of a pipeline")
    .option("--extra-qgraph-options <text>", "for the graph builder, in the words of pipetask qgraph")
    .option("--wms-service <system>", "local, slurm, workload, htcondor or parsl")
    .option("--compute-site <name>", "section of `site` to use")
    .option("--costs-from <folder>", "earlier submit folder to learn costs from (repeatable)", append, [])
    .option("--json", "print as JSON");
}

const append = (value: string, previous: string[]): string[] => [...previous, value];

/** Reads the submit file and writes the submit folder. */
export async function prepareFromFile(
  path: string,
  options: SubmitFileOptions,
  use: (submission: Submission, butler: Butler) => Promise<void>,
): Promise<void> {
  const config: BpsConfig = openSubmitFile(
    path,
    Object.fromEntries(
      KEYS.flatMap(([option, key]) =>
        options[option] === undefined ? [] : [[key, String(options[option])]],
      ),
    ),
  );
  await using butler = await openRepository(config.text("butlerConfig"), { writeable: true });
  const costs = readPastCosts(options.costsFrom);
  const submission = await prepareSubmission({ config, butler, runtimeModule: RUNTIME_URL, costs });
  await findSystem(submission.facts.system).prepare(submission, JOB_TOOLS);
  await use(submission, butler);
}

/** `almagest bps prepare`: all but handing the jobs over. */
export function addPrepare(parent: Command, context: CommandContext): void {
  const command = parent
    .command("prepare")
    .description("Build the quantum graph, cluster it into jobs and write the submit folder; run nothing.");
  addSubmitFileOptions(command).action(async (path: string, options: SubmitFileOptions) => {
    await prepareFromFile(path, options, async ({ folder, facts, workflow }) => {
      const { terminal } = context;
      if (options.json) {
        const jobs = workflow.jobs.map(({ name, label, parents, quanta, resources }) => {
          return { name, label, parents, quanta: quanta.length, resources };
        });
        terminal.out.write(`${toJsonText({ id: folder, ...facts, jobs })}\n`);
        return;
      }
      const labels = new Map<string, { label: string; jobs: number; quanta: number; memoryMb: number }>();
      for (const { label, quanta, resources } of workflow.jobs) {
        const row = labels.get(label) ?? { label, jobs: 0, quanta: 0, memoryMb: resources.memoryMb };
        row.jobs++;
        row.quanta += quanta.length;
        labels.set(label, row);
      }
      printRows(terminal, [...labels.values()], {}, "There is nothing to do: every quantum has run.");
      terminal.out.write(`Submit folder: ${folder}\n`);
    });
  });
}
