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
}

/** Decides the collections of a run, without changing anything. Throws `PIPELINE.RUN_INVALID`. */
export async function planCollections(
  butler: Butler,
  options: Pick<RunPipelineOptions, "inputs" | "output" | "outputRun" | "extendRun">,
  clock: Clock = systemClock,
): Promise<RunCollections> {
  const { output, outputRun, extendRun } = options;
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
  const before = existing?.children ?? [];
  let run = outputRun;
  if (run === undefined && extendRun) {
    run = before.find((name) => name.startsWith(`${output}/`));
  }
  run ??= `${output}/${timestamp(clock)}`;
  const inputs = [...(options.inputs ?? []), ...before].filter((name) => name !== run);
  const children = [run, ...before.filter((name) => name !== run)];
  for (const name of options.inputs ?? []) if (!children.includes(name)) children.push(name);
  return {
    outputRun: run,
    inputs: await searchPath(butler, run, [...new Set(inputs)]),
    chain: { name: output, children },
  };
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
