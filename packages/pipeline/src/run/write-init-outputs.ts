import { createRequire } from "node:module";
import { AlmagestError } from "@almagest/base";
import type { Butler } from "@almagest/butler";
import { formatStoredConfig, type StoredConfig } from "../formatters/config-formatter.ts";
import type { PackageVersions } from "../formatters/packages-formatter.ts";
import type { PipelineGraph } from "../graph/pipeline-graph.ts";
import type { TaskNode } from "../graph/task-node.ts";
import { implicitTypes, PACKAGES_TYPE } from "./implicit-types.ts";

/** Registers every dataset type that a pipeline writes. */
export async function registerOutputTypes(butler: Butler, graph: PipelineGraph): Promise<void> {
  for (const type of graph.datasetTypes.values()) {
    if (type.producer !== undefined) await butler.registerDatasetType(type.datasetType);
  }
  for (const node of graph.tasks.values()) {
    for (const type of Object.values(implicitTypes(node.label, node.dimensions))) {
      await butler.registerDatasetType(type);
    }
  }
  await butler.registerDatasetType(PACKAGES_TYPE);
}

/** Stores configurations and software versions in a run, or checks them against those there.
 * Throws `PIPELINE.CONFIG_CHANGED`. Gives warnings. */
export async function writeInitOutputs(butler: Butler, graph: PipelineGraph, run: string): Promise<string[]> {
  for (const node of graph.tasks.values()) {
    const { config } = implicitTypes(node.label, node.dimensions);
    const value = storedConfig(node);
    const ref = await butler.findDataset(config.name, {}, { collections: run });
    if (!ref) {
      await butler.put(value, config.name, {}, { run });
      continue;
    }
    const before = formatStoredConfig((await butler.get(ref)) as StoredConfig).split("\n");
    const after = formatStoredConfig(value).split("\n");
    const changed =
      after.find((line) => !before.includes(line)) ?? before.find((line) => !after.includes(line));
    if (changed !== undefined) {
      throw new AlmagestError(
        "PIPELINE.CONFIG_CHANGED",
        `The run '${run}' was made with another configuration of ${node.label} (${changed}); use a new run.`,
        { fields: { run, label: node.label, line: changed } },
      );
    }
  }
  return checkPackages(butler, run);
}

async function checkPackages(butler: Butler, run: string): Promise<string[]> {
  const now = packageVersions();
  const ref = await butler.findDataset(PACKAGES_TYPE.name, {}, { collections: run });
  if (!ref) {
    await butler.put(now, PACKAGES_TYPE.name, {}, { run });
    return [];
  }
  const before = (await butler.get(ref)) as PackageVersions;
  return Object.keys(now)
    .filter((name) => before[name] !== now[name])
    .map((name) => `The run '${run}' was begun with ${name} ${before[name] ?? "absent"}, now ${now[name]}.`);
}

/** The whole configuration of a task as stored with a run. */
export function storedConfig(node: TaskNode): StoredConfig {
  const edges = [...node.inputs, ...node.prerequisites, ...node.outputs];
  const connections = edges.map(({ connection, datasetType, component }) => [
    connection,
    component === undefined ? datasetType : `${datasetType}.${component}`,
  ]);
  return {
    className: node.className,
    values: { ...(node.resolved.config as object), connections: Object.fromEntries(connections) },
  };
}

function packageVersions(): PackageVersions {
  const manifest = createRequire(import.meta.url)("../../package.json") as { version: string };
  return { almagest: manifest.version, node: process.versions.node, v8: process.versions.v8 };
}
