import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Butler } from "@almagest/butler";
import { loadPipeline, type Pipeline, type RunSummary, runPipeline } from "@almagest/pipeline";
import { showRun } from "../cli/run-progress.ts";
import type { Terminal } from "../cli/terminal.ts";
import { RUNTIME_URL } from "../runtime.ts";
import { PIPELINES } from "../survey/make-calibrations.ts";

/** Settings of tasks by label, then by dotted field. */
export type Settings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** One stage of the work: a pipeline run over some data. */
export interface Stage {
  readonly title: string;
  /** Name of a pipeline file of Almagest, without folder. */
  readonly file: string;
  readonly settings: Settings;
  readonly where: string;
  readonly inputs: readonly string[];
  readonly run: string;
}

/** How stages are run. */
export interface StageContext {
  readonly butler: Butler;
  readonly terminal: Terminal;
  readonly workers: number;
}

/** A pipeline with some fields of its tasks set. */
export function withSettings(pipeline: Pipeline, settings: Settings): Pipeline {
  const tasks = new Map(pipeline.tasks);
  for (const [label, fields] of Object.entries(settings)) {
    const task = tasks.get(label);
    if (task === undefined) continue;
    const overrides = Object.entries(fields).map(
      ([path, value]) => ({ kind: "field", path, value, source: "almagest process" }) as const,
    );
    tasks.set(label, { ...task, overrides: [...task.overrides, ...overrides] });
  }
  return { ...pipeline, tasks };
}

/** A short name for some settings: the same settings, the same name. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 10);
}

/** Runs a stage; quanta that were done before are kept, and those that fail are told in the summary. */
export async function runStage(context: StageContext, stage: Stage): Promise<RunSummary> {
  const { butler, terminal, workers } = context;
  await butler.registerRun(stage.run);
  const progress = showRun(terminal, stage.title);
  const summary = await runPipeline({
    butler,
    pipeline: withSettings(await loadPipeline(join(PIPELINES, stage.file)), stage.settings),
    runtimeModule: RUNTIME_URL,
    where: stage.where,
    inputs: stage.inputs,
    outputRun: stage.run,
    workers,
    onProgress: progress.onProgress,
  });
  progress.end();
  return summary;
}
