import type { Exposure, RawExposure } from "@almagest/images";
import { defineTask, input, output, prerequisite } from "@almagest/pipeline";
import { selectConnections } from "../select-connections.ts";
import type { Defects } from "./defects.ts";
import { isrConfig } from "./isr-config.ts";
import { removeInstrumentSignature } from "./remove-instrument-signature.ts";

const calibration = ["instrument", "detector"];

/** Instrument signature removal: one detector's raw amplifiers become one assembled image in electrons. */
export const isrTask = defineTask({
  name: "isr",
  pythonClasses: ["lsst.ip.isr.IsrTaskLSST", "lsst.ip.isr.IsrTask"],
  doc: "Turns one detector's raw amplifiers into an assembled, calibrated image in electrons.",
  dimensions: ["instrument", "exposure", "detector"],
  config: isrConfig,
  connections(config) {
    const minimum = config.calibrationsOptional ? 0 : 1;
    const all = {
      ccdExposure: input<RawExposure>({
        name: "raw",
        storageClass: "Exposure",
        doc: "The amplifiers as they came from the camera.",
        dimensions: ["instrument", "exposure", "detector"],
      }),
      bias: prerequisite<Exposure>({
        name: "bias",
        storageClass: "ExposureF",
        doc: "Combined bias, electrons.",
        dimensions: calibration,
        isCalibration: true,
        minimum,
      }),
      dark: prerequisite<Exposure>({
        name: "dark",
        storageClass: "ExposureF",
        doc: "Combined dark, electrons per second of dark time.",
        dimensions: calibration,
        isCalibration: true,
        minimum,
      }),
      flat: prerequisite<Exposure>({
        name: "flat",
        storageClass: "ExposureF",
        doc: "Combined flat, about 1.",
        dimensions: ["instrument", "detector", "physical_filter"],
        isCalibration: true,
        minimum,
      }),
      defects: prerequisite<Defects>({
        name: "defects",
        storageClass: "Defects",
        doc: "Bad pixels as boxes.",
        dimensions: calibration,
        isCalibration: true,
        minimum,
      }),
      outputExposure: output<Exposure>({
        name: "post_isr_image",
        storageClass: "ExposureF",
        doc: "The assembled image with variance and mask, electrons.",
        dimensions: ["instrument", "exposure", "detector"],
      }),
    };
    return selectConnections(all, {
      bias: config.doBias,
      dark: config.doDark,
      flat: config.doFlat,
      defects: config.doDefect,
    });
  },
  async run(context, inputs) {
    const { exposure, metrics } = removeInstrumentSignature(
      inputs.ccdExposure,
      {
        ...(context.config.doBias && inputs.bias && { bias: inputs.bias }),
        ...(context.config.doDark && inputs.dark && { dark: inputs.dark }),
        ...(context.config.doFlat && inputs.flat && { flat: inputs.flat }),
        ...(context.config.doDefect && inputs.defects && { defects: inputs.defects }),
      },
      context.config,
      context.log,
    );
    for (const [key, value] of Object.entries(metrics)) context.setMetadata(key, value);
    return { outputExposure: exposure };
  },
});
