import { join } from "node:path";
import { AlmagestError } from "@almagest/base";
import type { Butler } from "@almagest/butler";
import { loadPipeline, type ProgressEvent, runPipeline } from "@almagest/pipeline";
import { RUNTIME_URL } from "../runtime.ts";
import { instrumentCollections } from "./ingest-raws.ts";
import { describeFailures } from "./run-failures.ts";

/** Folder of the pipeline files that come with Almagest. */
export const PIPELINES: string = join(import.meta.dirname, "..", "..", "pipelines");

/** The kinds of calibration in the order in which they build on each other. */
export const CALIBRATION_KINDS = ["bias", "dark", "flat"] as const;

/** One of the kinds. */
export type CalibrationKind = (typeof CALIBRATION_KINDS)[number];

/**
 * Makes one kind of calibration from its raw frames and certifies it for all time; what was made before is kept. Throws
 * `ALMAGEST.RUN_FAILED` when quanta fail.
 */
export async function makeCalibration(
  butler: Butler,
  instrument: string,
  kind: CalibrationKind,
  options: { readonly workers: number; readonly onProgress?: (event: ProgressEvent) => void },
): Promise<number> {
  const { raws, calibrations } = instrumentCollections(instrument);
  const run = `${instrument}/calib/made/${kind}`;
  await butler.registerRun(run);
  const summary = await runPipeline({
    butler,
    pipeline: await loadPipeline(join(PIPELINES, `${kind}.yaml`)),
    runtimeModule: RUNTIME_URL,
    where: `instrument = '${instrument}' AND exposure.observation_type = '${kind}'`,
    inputs: [raws, calibrations],
    outputRun: run,
    workers: options.workers,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  if (summary.status === "failed") throw new AlmagestError("ALMAGEST.RUN_FAILED", describeFailures(summary));
  const made = await butler.queryDatasets(kind, { collections: run });
  const certified = new Set(
    (await butler.queryAssociations(kind, calibrations)).map((association) => association.ref.id),
  );
  const fresh = made.filter((ref) => !certified.has(ref.id));
  if (fresh.length > 0) await butler.certify(calibrations, fresh, {});
  return made.length;
}
