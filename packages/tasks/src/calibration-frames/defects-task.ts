import type { Exposure } from "@almagest/images";
import { defineTask, input, inputs, output } from "@almagest/pipeline";
import type { Defects } from "../isr/defects.ts";
import { defectConfig } from "./combine-config.ts";
import { findDefects } from "./find-defects.ts";

/** Finds hot pixels on the combined dark and dead or odd pixels on the combined flats. */
export const defectsTask = defineTask({
  name: "cpDefects",
  pythonClasses: ["almagest.tasks.DefectsTask"],
  doc: "Finds hot pixels on the combined dark and dead or odd ones on the combined flats.",
  dimensions: ["instrument", "detector"],
  config: defectConfig,
  connections: () => ({
    dark: input<Exposure>({
      name: "dark",
      storageClass: "ExposureF",
      doc: "Combined dark, electrons per second.",
      dimensions: ["instrument", "detector"],
      isCalibration: true,
      minimum: 0,
    }),
    flats: inputs<Exposure>({
      name: "flat",
      storageClass: "ExposureF",
      doc: "Combined flats of every filter.",
      dimensions: ["instrument", "detector", "physical_filter"],
      isCalibration: true,
      minimum: 0,
    }),
    outputData: output<Defects>({
      name: "defects",
      storageClass: "Defects",
      doc: "Bad pixels as boxes.",
      dimensions: ["instrument", "detector"],
      isCalibration: true,
    }),
  }),
  async run(context, inputs) {
    const dark = inputs.dark as Exposure | undefined;
    const defects = findDefects({ ...(dark && { dark }), flats: inputs.flats ?? [] }, context.config);
    context.setMetadata("defectCount", defects.length);
    context.setMetadata(
      "defectPixels",
      defects.reduce((sum, box) => sum + box.width * box.height, 0),
    );
    return { outputData: defects };
  },
});
