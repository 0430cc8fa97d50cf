import type { Exposure } from "@almagest/images";
import { type DatasetHandle, inputs, output } from "@almagest/pipeline";

/** The connections of a task that combines many processed calibration exposures into one frame. */
export function calibrationConnections(kind: "bias" | "dark" | "flat") {
  const title = kind[0]!.toUpperCase() + kind.slice(1);
  return {
    inputExpHandles: inputs<DatasetHandle<Exposure>>({
      name: `cp${title}IsrExp`,
      storageClass: "ExposureF",
      doc: `Single ${kind} exposures after instrument signature removal, electrons.`,
      dimensions: ["instrument", "exposure", "detector"],
      deferLoad: true,
    }),
    outputData: output<Exposure>({
      name: kind,
      storageClass: "ExposureF",
      doc: `Combined ${kind}.`,
      dimensions:
        kind === "flat" ? ["instrument", "detector", "physical_filter"] : ["instrument", "detector"],
      isCalibration: true,
    }),
  };
}
