import { defineTask } from "@almagest/pipeline";
import { calibrationConnections } from "./calibration-connections.ts";
import { combineBiases } from "./combine-biases.ts";
import { combineConfig } from "./combine-config.ts";

/** Combines bias exposures into one frame in electrons, and measures each amplifier's read noise. */
export const biasCombineTask = defineTask({
  name: "cpBiasCombine",
  pythonClasses: ["almagest.tasks.BiasCombineTask"],
  doc: "Combines bias exposures into one clipped-mean frame; measures read noise per amplifier.",
  dimensions: ["instrument", "detector"],
  config: combineConfig,
  connections: () => calibrationConnections("bias"),
  async run(context, inputs) {
    const { exposure, metrics } = await combineBiases(inputs.inputExpHandles, context.config, context.log);
    for (const [key, value] of Object.entries(metrics)) context.setMetadata(key, value);
    return { outputData: exposure };
  },
});
