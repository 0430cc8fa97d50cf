import { defineTask } from "@almagest/pipeline";
import { calibrationConnections } from "./calibration-connections.ts";
import { darkCombineConfig } from "./combine-config.ts";
import { combineDarks } from "./combine-darks.ts";

/** Combines dark exposures, each scaled by its dark time, into electrons per second. */
export const darkCombineTask = defineTask({
  name: "cpDarkCombine",
  pythonClasses: ["almagest.tasks.DarkCombineTask"],
  doc: "Combines dark exposures into one clipped-mean frame of electrons per second.",
  dimensions: ["instrument", "detector"],
  config: darkCombineConfig,
  connections: () => calibrationConnections("dark"),
  async run(context, inputs) {
    const { exposure, metrics } = await combineDarks(inputs.inputExpHandles, context.config, context.log);
    for (const [key, value] of Object.entries(metrics)) context.setMetadata(key, value);
    return { outputData: exposure };
  },
});
