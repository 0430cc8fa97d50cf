import { instrumentCollections } from "../survey/ingest-raws.ts";
import type { CalibrationKind } from "../survey/make-calibrations.ts";
import type { InstrumentFrames } from "./process-frame.ts";
import { runStage, type StageContext } from "./run-stage.ts";

/** Dark electrons in the longest science exposure beyond which a pixel is bad: its own noise then hides faint stars. */
const HOT_ELECTRONS = 5000;

/** Finds the bad pixels of an instrument's detectors on its combined darks and flats, and certifies them for all time. */
export async function findBadPixels(
  context: StageContext,
  { instrument, frames }: InstrumentFrames,
  made: readonly CalibrationKind[],
): Promise<void> {
  const { butler } = context;
  const masters = made.filter((kind) => kind !== "bias").map((kind) => `${instrument}/calib/made/${kind}`);
  const longest = Math.max(
    1,
    ...frames.filter(({ frame }) => frame.kind === "science").map(({ info }) => info.exposureSec),
  );
  if (masters.length === 0) return;
  const run = `${instrument}/calib/made/defects`;
  await runStage(context, {
    title: "find bad pixels",
    file: "process-defects.yaml",
    settings: { cpDefects: { hotElectronsPerSec: HOT_ELECTRONS / longest } },
    where: `instrument = '${instrument}'`,
    inputs: masters,
    run,
  });
  const { calibrations } = instrumentCollections(instrument);
  if ((await butler.queryDatasetTypes("defects")).length === 0) return;
  const certified = new Set(
    (await butler.queryAssociations("defects", calibrations)).map(({ ref }) => ref.id),
  );
  const found = await butler.queryDatasets("defects", { collections: run });
  const fresh = found.filter(({ id }) => !certified.has(id));
  if (fresh.length > 0) await butler.certify(calibrations, fresh, {});
}
