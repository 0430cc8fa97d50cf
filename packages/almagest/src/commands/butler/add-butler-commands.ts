import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";

type AddCommand = (parent: Command, context: CommandContext) => void;

/** What reads the module of each command. A command line loads only its own: that is most of its start. */
const COMMANDS: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  ["create", async () => (await import("./create.ts")).addCreate],
  ["config-dump", async () => (await import("./config-dump.ts")).addConfigDump],
  ["config-validate", async () => (await import("./config-validate.ts")).addConfigValidate],
  ["register-instrument", async () => (await import("./register-instrument.ts")).addRegisterInstrument],
  ["register-skymap", async () => (await import("./register-skymap.ts")).addRegisterSkymap],
  ["register-dataset-type", async () => (await import("./register-dataset-type.ts")).addRegisterDatasetType],
  ["remove-dataset-type", async () => (await import("./remove-dataset-type.ts")).addRemoveDatasetType],
  ["ingest-raws", async () => (await import("./ingest-raws.ts")).addIngestRaws],
  ["ingest-files", async () => (await import("./ingest-files.ts")).addIngestFiles],
  ["ingest-zip", async () => (await import("./ingest-zip.ts")).addIngestZip],
  ["import", async () => (await import("./import.ts")).addImport],
  ["export-calibs", async () => (await import("./export-calibs.ts")).addExportCalibs],
  ["query-collections", async () => (await import("./query-collections.ts")).addQueryCollections],
  ["query-dataset-types", async () => (await import("./query-dataset-types.ts")).addQueryDatasetTypes],
  ["query-datasets", async () => (await import("./query-datasets.ts")).addQueryDatasets],
  ["query-data-ids", async () => (await import("./query-data-ids.ts")).addQueryDataIds],
  [
    "query-dimension-records",
    async () => (await import("./query-dimension-records.ts")).addQueryDimensionRecords,
  ],
  ["collection-chain", async () => (await import("./collection-chain.ts")).addCollectionChain],
  ["associate", async () => (await import("./associate.ts")).addAssociate],
  ["certify-calibrations", async () => (await import("./certify-calibrations.ts")).addCertifyCalibrations],
  ["retrieve-artifacts", async () => (await import("./retrieve-artifacts.ts")).addRetrieveArtifacts],
  ["transfer-datasets", async () => (await import("./transfer-datasets.ts")).addTransferDatasets],
  ["transfer-from-graph", async () => (await import("./transfer-from-graph.ts")).addTransferFromGraph],
  ["aggregate-graph", async () => (await import("./aggregate-graph.ts")).addAggregateGraph],
  ["prune-datasets", async () => (await import("./prune-datasets.ts")).addPruneDatasets],
  ["remove-collections", async () => (await import("./remove-collections.ts")).addRemoveCollections],
  ["remove-runs", async () => (await import("./remove-runs.ts")).addRemoveRuns],
  ["provenance", async () => (await import("../pipetask/provenance.ts")).addProvenance],
  ["serve", async () => (await import("./serve.ts")).addServe],
  ["migrate", async () => (await import("./migrate.ts")).addMigrate],
  ["fsck", async () => (await import("./fsck.ts")).addFsck],
]);

/** `almagest butler …`: what data exist. With the words of a command line only the command they name is added. To add a
 * command, write its file beside this one and list it here. */
export async function addButlerCommands(
  program: Command,
  context: CommandContext,
  words: readonly string[] = [],
): Promise<void> {
  const butler = program.command("butler").description("What data exist: make, fill and query repositories.");
  const named = COMMANDS.get(words[0] ?? "");
  const loaders = named === undefined ? [...COMMANDS.values()] : [named];
  for (const load of loaders) (await load())(butler, context);
  for (const command of butler.commands) addPresets(command);
}

/** Gives a command the original's `--options-file`: options of a YAML file, by command name, where not on the command line. */
function addPresets(command: Command): void {
  command.option("-@, --options-file <path>", "YAML file of options by command name; the command line wins");
  command.hook("preAction", async (_this, action) => {
    const path = action.opts().optionsFile as string | undefined;
    if (path !== undefined) (await import("../../cli/option-presets.ts")).applyPresets(action, path);
  });
}
