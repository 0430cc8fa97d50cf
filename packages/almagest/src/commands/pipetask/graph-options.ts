import type { DatasetQueryConstraint, PrepareOptions } from "@almagest/pipeline";
import { type Command, Option } from "commander";
import { collectList } from "../../cli/parse-options.ts";

/** Options of the command line that say which quanta there are, and where they read and write. */
export interface GraphOptions {
  readonly input: string[];
  readonly output?: string;
  readonly outputRun?: string;
  readonly extendRun?: boolean;
  readonly replaceRun?: boolean;
  readonly pruneReplaced?: "unstore" | "purge";
  readonly rebase?: boolean;
  readonly dataQuery?: string;
  /** Files with tables of data ids. */
  readonly dataIdTable: string[];
  readonly skipExisting?: boolean;
  readonly skipExistingIn: string[];
  readonly clobberOutputs?: boolean;
  readonly datasetQueryConstraint?: string;
  readonly retainedDatasetTypes: string[];
}

/** Adds these options to a command. */
export function addGraphOptions(command: Command): Command {
  return command
    .option("-i, --input <collections>", "input collections, in search order", collectList, [])
    .option("-o, --output <chain>", "chain to put a new, time-stamped run in front of")
    .option("--output-run <run>", "run to write; going on with it if it exists")
    .option("--extend-run", "with --output: go on with the chain's newest run")
    .option("--replace-run", "with --output: put the new run in the place of the chain's first")
    .addOption(
      new Option(
        "--prune-replaced <how>",
        "with --replace-run: delete the files of the replaced run, or all of it",
      ).choices(["unstore", "purge"]),
    )
    .option("--rebase", "with --output: order the chain anew, its own runs first, then the inputs")
    .option("-d, --data-query <expression>", "which data, for example \"visit IN (1..20) AND band='r'\"")
    .option("--data-id-table <files>", "only data ids of this CSV or ECSV table", collectList, [])
    .option("--skip-existing-in <collections>", "count quanta that are done there as done", collectList, [])
    .option("--no-skip-existing", "refuse a run that holds outputs, instead of going on with it")
    .option("--clobber-outputs", "replace what is in the output run")
    .option(
      "--dataset-query-constraint <types>",
      "which inputs must exist for data to be considered: all, off, or dataset types",
    )
    .option(
      "--retained-dataset-types <globs>",
      "types that were kept: finished quanta run again where another output of them is needed",
      collectList,
      [],
    );
}

function constraintOf(text: string): DatasetQueryConstraint {
  const word = text.toLowerCase();
  return word === "all" || word === "off" ? word : collectList(text);
}

/** The same as options of a run. */
export function toPrepareOptions(
  options: GraphOptions,
): Partial<Omit<PrepareOptions, "butler" | "pipeline" | "runtimeModule">> {
  const { datasetQueryConstraint: constraint } = options;
  return {
    inputs: options.input,
    extendRun: options.extendRun ?? false,
    replaceRun: options.replaceRun ?? false,
    rebase: options.rebase ?? false,
    ...(options.pruneReplaced === undefined ? {} : { pruneReplaced: options.pruneReplaced }),
    skipExisting: options.skipExisting ?? true,
    ...(options.skipExistingIn.length > 0 ? { skipExistingIn: options.skipExistingIn } : {}),
    ...(options.clobberOutputs ? { clobber: true } : {}),
    ...(constraint === undefined ? {} : { datasetQueryConstraint: constraintOf(constraint) }),
    ...(options.retainedDatasetTypes.length > 0
      ? { retainedDatasetTypes: options.retainedDatasetTypes }
      : {}),
    ...(options.dataQuery === undefined ? {} : { where: options.dataQuery }),
    ...(options.output === undefined ? {} : { output: options.output }),
    ...(options.outputRun === undefined ? {} : { outputRun: options.outputRun }),
  };
}
