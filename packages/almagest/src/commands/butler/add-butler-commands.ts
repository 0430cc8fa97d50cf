import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { addCertifyCalibrations } from "./certify-calibrations.ts";
import { addCollectionChain } from "./collection-chain.ts";
import { addCreate } from "./create.ts";
import { addIngestRaws } from "./ingest-raws.ts";
import { addPruneDatasets } from "./prune-datasets.ts";
import { addQueryCollections } from "./query-collections.ts";
import { addQueryDataIds } from "./query-data-ids.ts";
import { addQueryDatasetTypes } from "./query-dataset-types.ts";
import { addQueryDatasets } from "./query-datasets.ts";
import { addQueryDimensionRecords } from "./query-dimension-records.ts";
import { addRemoveRuns } from "./remove-runs.ts";
import { addRetrieveArtifacts } from "./retrieve-artifacts.ts";

/** `almagest butler …`: what data exist. To add a command, write its file beside this one and list it here. */
export function addButlerCommands(program: Command, context: CommandContext): void {
  const butler = program.command("butler").description("What data exist: make, fill and query repositories.");
  for (const add of [
    addCreate,
    addIngestRaws,
    addQueryCollections,
    addQueryDatasetTypes,
    addQueryDatasets,
    addQueryDataIds,
    addQueryDimensionRecords,
    addCollectionChain,
    addCertifyCalibrations,
    addRetrieveArtifacts,
    addPruneDatasets,
    addRemoveRuns,
  ]) {
    add(butler, context);
  }
}
