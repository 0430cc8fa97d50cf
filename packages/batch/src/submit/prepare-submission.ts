import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { AlmagestError } from "@almagest/base";
import type { Butler } from "@almagest/butler";
import { loadPipeline, preparePipeline, runPipeline } from "@almagest/pipeline";
import type { TaskCost } from "../cluster/cluster.ts";
import { createQuantumNodes } from "../cluster/quantum-nodes.ts";
import type { BpsConfig } from "../config/bps-config.ts";
import { isTree } from "../config/config-tree.ts";
import { findSystemName } from "../systems/system-name.ts";
import { createGenericWorkflow } from "../workflow/generic-workflow.ts";
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

/** Builds the quantum graph, clusters it and writes the submit folder; the repository stays as it is.
 * Throws `BATCH.SUBMISSION_EXISTS`, and what `preparePipeline` and `createGenericWorkflow` throw. */
export async function prepareSubmission(options: PrepareSubmissionOptions): Promise<Submission> {
  const { config, butler } = options;
  const pipelineYaml = absolutePipeline(config.text("pipelineYaml"));
  const dataQuery = config.text("dataQuery");
  const inputs = config
    .text("inCollection")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const outputRun = config.text("outputRun");
  const output = config.text("output") || undefined;
  const { quanta, collections } = await preparePipeline({
    butler,
    pipeline: await loadPipeline(pipelineYaml),
    runtimeModule: options.runtimeModule,
    inputs,
    outputRun,
    ...(output === undefined || output === outputRun ? {} : { output }),
    ...(dataQuery === "" ? {} : { where: dataQuery }),
  });
  const name = config.text("uniqProcName");
  const workflow = createGenericWorkflow(name, {
    nodes: createQuantumNodes(quanta),
    config,
    costs: options.costs ?? new Map(),
  });
  const computeSite = config.text("computeSite");
  const sites = isTree(config.tree.site) ? config.tree.site : {};
  const site = sites[computeSite];
  const facts: SubmissionFacts = {
    name,
    system: findSystemName(config.text("wmsServiceClass", { current: { curr_site: computeSite } })),
    butlerConfig: resolve(config.text("butlerConfig")),
    pipelineYaml,
    dataQuery,
    inputs: collections.inputs.filter((each) => each !== outputRun),
    ...(collections.chain ? { output: collections.chain.name } : {}),
    outputRun,
    operator: config.text("operator"),
    project: config.text("project"),
    campaign: config.text("campaign"),
    payloadName: config.text("payloadName"),
    computeSite,
    site: isTree(site) ? site : {},
  };
  const folder = resolve(config.text("submitPath"));
  if (existsSync(join(folder, MARKER))) {
    const message = `'${folder}' holds a submission that was handed over; go on with it by restart, or give another outputRun.`;
    throw new AlmagestError("BATCH.SUBMISSION_EXISTS", message, { fields: { folder } });
  }
  const submission = { folder, facts, workflow };
  writeSubmission(submission);
  return submission;
}

/** Makes the output run, its chain, dataset types and configurations, so that no two jobs do it at the same time. */
export async function initialiseRun(
  { folder, facts }: Submission,
  options: { readonly butler: Butler; readonly runtimeModule: string | URL },
): Promise<void> {
  writeWhole(join(folder, MARKER), "");
  await runPipeline({
    ...options,
    pipeline: await loadPipeline(facts.pipelineYaml),
    inputs: facts.inputs,
    outputRun: facts.outputRun,
    workers: 0,
    // Stopped before its first quantum: what remains of a run is its opening.
    signal: AbortSignal.abort(),
    ...(facts.output === undefined ? {} : { output: facts.output }),
    ...(facts.dataQuery === "" ? {} : { where: facts.dataQuery }),
  });
}

function absolutePipeline(given: string): string {
  const [file = "", ...fragment] = given.split("#");
  return [resolve(file), ...fragment].join("#");
}
