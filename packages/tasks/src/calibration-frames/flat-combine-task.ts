import { defineTask } from "@almagest/pipeline";
import { calibrationConnections } from "./calibration-connections.ts";
import { flatCombineConfig } from "./combine-config.ts";
import { combineFlats } from "./combine-flats.ts";

/** Combines flat exposures of one filter, each divided by its median over the detector, and checks the gains. */
export const flatCombineTask = defineTask({
  name: "cpFlatCombine",
  pythonClasses: ["almagest.tasks.FlatCombineTask"],
  doc: "Combines flat exposures of one filter into one normalised frame; measures gains by photon transfer.",
  dimensions: ["instrument", "detector", "physical_filter"],
  config: flatCombineConfig,
  connections: () => calibrationConnections("flat"),
  async run(context, inputs) {
    const { exposure, metrics } = await combineFlats(inputs.inputExpHandles, context.config, context.log);
    for (const [key, value] of Object.entries(metrics)) context.setMetadata(key, value);
    return { outputData: exposure };
  },
});
