import { createRequire } from "node:module";
import { AlmagestError } from "@almagest/base";
import { formatStoredConfig, type StoredConfig } from "../formatters/config-formatter.ts";
import type { PackageVersions } from "../formatters/packages-formatter.ts";
import type { PipelineGraph } from "../graph/pipeline-graph.ts";
import type { GraphIds } from "../qg/graph-ids.ts";
import { implicitTypes, PACKAGES_TYPE } from "./implicit-types.ts";
import type { RunButler } from "./run-butler.ts";
import { storedConfig } from "./stored-config.ts";

/** Registers every dataset type that a pipeline writes. */
export async function registerOutputTypes(butler: RunButler, graph: PipelineGraph): Promise<void> {
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
export async function writeInitOutputs(
  butler: RunButler,
  graph: PipelineGraph,
  run: string,
  ids?: Pick<GraphIds, "config" | "packages">,
): Promise<string[]> {
  for (const node of graph.tasks.values()) {
    const { config } = implicitTypes(node.label, node.dimensions);
    const value = storedConfig(node);
    const ref = await butler.findDataset(config.name, {}, { collections: run });
    if (!ref) {
      await butler.put(value, config.name, {}, { run, ...(ids ? { id: ids.config(node.label) } : {}) });
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
  return checkPackages(butler, run, ids?.packages);
}

async function checkPackages(butler: RunButler, run: string, id: string | undefined): Promise<string[]> {
  const now = packageVersions();
  const ref = await butler.findDataset(PACKAGES_TYPE.name, {}, { collections: run });
  if (!ref) {
    await butler.put(now, PACKAGES_TYPE.name, {}, { run, ...(id === undefined ? {} : { id }) });
    return [];
  }
  const before = (await butler.get(ref)) as PackageVersions;
  return Object.keys(now)
    .filter((name) => before[name] !== now[name])
    .map((name) => `The run '${run}' was begun with ${name} ${before[name] ?? "absent"}, now ${now[name]}.`);
}

function packageVersions(): PackageVersions {
  const manifest = createRequire(import.meta.url)("../../package.json") as { version: string };
  return { almagest: manifest.version, node: process.versions.node, v8: process.versions.v8 };
}
