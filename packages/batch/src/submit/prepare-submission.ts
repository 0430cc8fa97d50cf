import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { AlmagestError } from "@almagest/base";
import type { Butler } from "@almagest/butler";
import { type GraphFile, openGraphFile, runGraphFile } from "@almagest/pipeline";
import type { TaskCost } from "../cluster/cluster.ts";
import { readQuantumNodes } from "../cluster/quantum-nodes.ts";
import type { BpsConfig } from "../config/bps-config.ts";
import { isTree } from "../config/config-tree.ts";
import { findSystemName } from "../systems/system-name.ts";
import { createGenericWorkflow } from "../workflow/generic-workflow.ts";
import { acquireGraph } from "./acquire-graph.ts";
import { type Submission, type SubmissionFacts, writeSubmission, writeWhole } from "./submission.ts";

/** A file of this name says that the folder's jobs were handed over: results there belong to them. */
const MARKER = "handed-over";

/** What preparing needs. */
export interface PrepareSubmissionOptions {
  readonly config: BpsConfig;
  readonly butler: Butler;
  readonly runtimeModule: string | URL;
  /** Measured costs by task label. */
  readonly costs?: ReadonlyMap<string, TaskCost>;
}

/** Puts the quantum graph file into the submit folder, clusters its quanta and writes the jobs; the repository stays as it
 * is. Throws `BATCH.SUBMISSION_EXISTS`, and what `acquireGraph` and `createGenericWorkflow` throw. */
export async function prepareSubmission(options: PrepareSubmissionOptions): Promise<Submission> {
  const { config, butler } = options;
  const folder = resolve(config.text("submitPath"));
  if (existsSync(join(folder, MARKER))) {
    const message = `'${folder}' holds a submission that was handed over; go on with it by restart, or give another outputRun.`;
    throw new AlmagestError("BATCH.SUBMISSION_EXISTS", message, { fields: { folder } });
  }
  const graphFile = await acquireGraph({ ...options, folder });
  await using file = await openGraphFile(graphFile);
  const name = config.text("uniqProcName");
  const workflow = createGenericWorkflow(name, {
    nodes: await readQuantumNodes(file, butler.universe),
    config,
    costs: options.costs ?? new Map(),
  });
  const submission = { folder, facts: readConfigFacts(config, graphFile, file.header), workflow };
  writeSubmission(submission);
  return submission;
}

function readConfigFacts(
  config: BpsConfig,
  graphFile: string,
  { output, output_run: outputRun }: GraphFile["header"],
): SubmissionFacts {
  const computeSite = config.text("computeSite");
  const sites = isTree(config.tree.site) ? config.tree.site : {};
  const site = sites[computeSite];
  return {
    name: config.text("uniqProcName"),
    system: findSystemName(config.text("wmsServiceClass", { current: { curr_site: computeSite } })),
    butlerConfig: resolve(config.text("butlerConfig")),
    graphFile: basename(graphFile),
    ...(output === null ? {} : { output }),
    outputRun,
    operator: config.text("operator"),
    project: config.text("project"),
    campaign: config.text("campaign"),
    payloadName: config.text("payloadName"),
    computeSite,
    site: isTree(site) ? site : {},
  };
}

/** Makes the output run, its chain, dataset types and configurations, so that no two jobs do it at the same time. */
export async function initialiseRun(
  { folder, facts, workflow }: Submission,
  options: { readonly butler: Butler; readonly runtimeModule: string | URL },
): Promise<void> {
  writeWhole(join(folder, MARKER), "");
  const [first] = workflow.jobs.flatMap(({ quanta }) => quanta[0] ?? []);
  if (first === undefined) return;
  await runGraphFile({
    ...options,
    path: join(folder, facts.graphFile),
    quantumIds: [first.id],
    workers: 0,
    // Stopped before its first quantum: what remains of a run is its opening.
    signal: AbortSignal.abort(),
  });
}
