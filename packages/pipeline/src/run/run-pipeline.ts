import { AlmagestError } from "@almagest/base";
import type { RunPipelineOptions, RunSummary } from "./run-options.ts";

/** Runs a pipeline: graph, quanta, execution, ingest. */
export async function runPipeline(options: RunPipelineOptions): Promise<RunSummary> {
  throw new AlmagestError("PIPELINE.UNSUPPORTED", `Not yet: ${options.outputRun}.`);
}
