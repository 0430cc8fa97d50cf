import { mkdirSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Butler } from "@almagest/butler";
import {
  importRuntime,
  loadPipeline,
  openGraphFile,
  preparePipeline,
  type RuntimeSource,
  restoreGraph,
  writeGraphFile,
} from "@almagest/pipeline";
import type { BpsConfig } from "../config/bps-config.ts";
import { applyGraphOptions, parseGraphOptions } from "./graph-options.ts";

/** What a graph is made with. */
export interface AcquireGraphOptions {
  readonly config: BpsConfig;
  readonly butler: Butler;
  readonly runtimeModule: RuntimeSource;
  /** Submit folder, which takes the file. */
  readonly folder: string;
}

/**
 * Puts the quantum graph file of a submission into its folder and gives the path: made from `pipelineYaml` and `dataQuery`,
 * with `extraQgraphOptions`, and named by `qgraphFileTemplate`; or a copy of `qgraphFile`, for another output run where the
 * submit file names one. Throws what `preparePipeline`, `restoreGraph` and `writeGraphFile` throw.
 */
export async function acquireGraph(options: AcquireGraphOptions): Promise<string> {
  mkdirSync(options.folder, { recursive: true });
  const given = options.config.text("qgraphFile");
  return given === "" ? buildGraph(options) : takeGraph(options, resolve(given));
}

async function buildGraph({ config, butler, runtimeModule, folder }: AcquireGraphOptions): Promise<string> {
  const extra = parseGraphOptions(config.text("extraQgraphOptions"));
  const pipeline = await loadPipeline(absolutePipeline(config.text("pipelineYaml")));
  const outputRun = config.text("outputRun");
  const output = outputOf(config);
  const where = [config.text("dataQuery"), extra.where].filter(Boolean);
  const inputs = config.text("inCollection").split(",");
  const { quanta } = await preparePipeline({
    butler,
    pipeline: applyGraphOptions(pipeline, extra),
    runtimeModule,
    inputs: inputs.map((name) => name.trim()).filter((name) => name !== ""),
    outputRun,
    ...output,
    ...(where.length === 0 ? {} : { where: where.map((part) => `(${part})`).join(" AND ") }),
    ...(extra.skipExistingIn.length === 0 ? {} : { skipExistingIn: extra.skipExistingIn }),
    ...(extra.retainedDatasetTypes.length === 0 ? {} : { retainedDatasetTypes: extra.retainedDatasetTypes }),
  });
  const path = join(folder, basename(config.text("qgraphFileTemplate")));
  await writeGraphFile(quanta, { butler, path, command: "bps", ...placeOf(config), ...output });
  return path;
}

async function takeGraph(
  { config, butler, runtimeModule, folder }: AcquireGraphOptions,
  given: string,
): Promise<string> {
  const path = join(folder, basename(given));
  await using file = await openGraphFile(given);
  const outputRun = config.text("outputRun");
  if (outputRun === file.header.output_run) {
    await copyFile(given, path);
    return path;
  }
  // As the original's update-graph-run: the same quanta with new ids for another run.
  const moved = { ...file, header: { ...file.header, output_run: outputRun } };
  const { tasks } = await importRuntime(runtimeModule);
  const { ids: _old, ...graph } = await restoreGraph(moved, { butler, tasks });
  await writeGraphFile(graph, {
    butler,
    path,
    command: "bps",
    ...placeOf(config),
    ...outputOf(config),
  });
  return path;
}

/** The repository's place, where it is one whose configuration can be read here. */
function placeOf(config: BpsConfig): { readonly location?: string } {
  const location = config.text("butlerConfig");
  return location === "" || location.includes("://") ? {} : { location };
}

/** The chain of the run; a run that is its own output has none. */
function outputOf(config: BpsConfig): { readonly output?: string } {
  const output = config.text("output");
  return output === "" || output === config.text("outputRun") ? {} : { output };
}

function absolutePipeline(given: string): string {
  const [file = "", ...fragment] = given.split("#");
  return [resolve(file), ...fragment].join("#");
}
