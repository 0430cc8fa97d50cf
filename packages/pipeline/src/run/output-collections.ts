import { AlmagestError, type Clock, systemClock } from "@almagest/base";
import type { Butler } from "@almagest/butler";
import { findCollection } from "../quanta/find-collection.ts";
import type { RunPipelineOptions } from "./run-options.ts";

/** Where a run reads and writes. */
export interface RunCollections {
  readonly outputRun: string;
  /** Searched for inputs, in order. */
  readonly inputs: readonly string[];
  /** The chain to be kept, and its children once the run is in it. */
  readonly chain?: { readonly name: string; readonly children: readonly string[] };
  /** The run that this one takes the place of in the chain, and what is to become of its datasets. */
  readonly replaced?: { readonly run: string; readonly prune?: PruneReplaced };
}

/** What becomes of a replaced run: its files are deleted, or the run as a whole. */
export type PruneReplaced = "unstore" | "purge";

/** Decides the collections of a run, without changing anything. Throws `PIPELINE.RUN_INVALID`. */
export async function planCollections(
  butler: Butler,
  options: Pick<
    RunPipelineOptions,
    "inputs" | "output" | "outputRun" | "extendRun" | "replaceRun" | "pruneReplaced" | "rebase"
  >,
  clock: Clock = systemClock,
): Promise<RunCollections> {
  const { output, outputRun, extendRun, replaceRun } = options;
  checkReplacement(options);
  if (output === undefined) {
    if (outputRun === undefined) {
      throw new AlmagestError("PIPELINE.RUN_INVALID", "Give an output chain (output) or a run (outputRun).");
    }
    return { outputRun, inputs: await searchPath(butler, outputRun, options.inputs ?? []) };
  }
  const existing = await findCollection(butler, output);
  if (existing && existing.kind !== "CHAINED") {
    throw new AlmagestError(
      "PIPELINE.RUN_INVALID",
      `'${output}' is a ${existing.kind} collection, not a chain.`,
      {
        fields: { output, kind: existing.kind },
      },
    );
  }
  const chained = existing?.children ?? [];
  const replaced = replaceRun ? await replacedRun(butler, output, chained) : undefined;
  const rest = chained.filter((name) => name !== replaced);
  const before = options.rebase ? rebaseChain(output, rest, options.inputs ?? []) : rest;
  let run = outputRun;
  if (run === undefined && extendRun) {
    run = before.find((name) => name.startsWith(`${output}/`));
  }
  run ??= `${output}/${timestamp(clock)}`;
  const given = options.rebase ? [] : (options.inputs ?? []);
  const inputs = [...given, ...before].filter((name) => name !== run);
  const children = [run, ...before.filter((name) => name !== run)];
  for (const name of options.inputs ?? []) if (!children.includes(name)) children.push(name);
  return {
    outputRun: run,
    inputs: await searchPath(butler, run, [...new Set(inputs)]),
    chain: { name: output, children },
    ...(replaced === undefined ? {} : { replaced: { run: replaced, ...pruneOf(options) } }),
  };
}

type Replacement = Pick<RunPipelineOptions, "output" | "extendRun" | "replaceRun" | "pruneReplaced">;

function checkReplacement({ output, extendRun, replaceRun, pruneReplaced }: Replacement): void {
  const refuse = (what: string): never => {
    throw new AlmagestError("PIPELINE.RUN_INVALID", what);
  };
  if (pruneReplaced && !replaceRun) refuse("To prune a replaced run, a run must be replaced (replaceRun).");
  if (replaceRun && extendRun) refuse("A run is either replaced or extended, not both.");
  if (replaceRun && output === undefined) refuse("A run is replaced in an output chain (output); name one.");
}

const pruneOf = ({ pruneReplaced }: Replacement): { prune?: PruneReplaced } =>
  pruneReplaced === undefined ? {} : { prune: pruneReplaced };

/** The first of a chain's children, which must be a run. */
async function replacedRun(butler: Butler, output: string, chained: readonly string[]): Promise<string> {
  const [first] = chained;
  const kind = first === undefined ? undefined : (await findCollection(butler, first))?.kind;
  if (first !== undefined && kind === "RUN") return first;
  throw new AlmagestError(
    "PIPELINE.RUN_INVALID",
    `There is no run to be replaced: '${output}' ${first === undefined ? "is no chain with members" : `begins with '${first}', which is no run`}.`,
    { fields: { output } },
  );
}

/** A chain with the runs of its own name first, then the given inputs, then what else was in it: as the original's `--rebase`. */
function rebaseChain(output: string, chained: readonly string[], inputs: readonly string[]): string[] {
  const own = chained.filter((name) => name.startsWith(`${output}/`));
  return [...new Set([...own, ...inputs, ...chained])];
}

/** Deals with the datasets of a replaced run, once it is out of the chain. */
export async function pruneReplaced(butler: Butler, { replaced }: RunCollections): Promise<void> {
  if (replaced?.prune === "purge") await butler.removeRun(replaced.run, { unlinkFromChains: true });
  if (replaced?.prune !== "unstore") return;
  for (const { name } of await butler.queryDatasetTypes()) {
    const refs = await butler.queryDatasets(name, { collections: replaced.run });
    if (refs.length > 0) await butler.prune(refs);
  }
}

/** The output run comes first where it exists: a later pipeline may read there what an earlier one wrote. */
async function searchPath(butler: Butler, run: string, inputs: readonly string[]): Promise<string[]> {
  const exists = (await findCollection(butler, run)) !== undefined;
  return exists ? [run, ...inputs.filter((name) => name !== run)] : [...inputs];
}

/** Such as `20260814T120000Z`. */
function timestamp(clock: Clock): string {
  return new Date(clock.nowMs()).toISOString().replace(/[-:]|\.\d+/g, "");
}
