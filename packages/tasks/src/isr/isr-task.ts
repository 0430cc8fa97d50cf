import { returnBuffer } from "@almagest/base";
import type { Exposure, RawExposure } from "@almagest/images";
import { type DatasetHandle, defineTask, input, output, prerequisite } from "@almagest/pipeline";
import { selectConnections } from "../select-connections.ts";
import type { Defects } from "./defects.ts";
import { isrConfig } from "./isr-config.ts";
import { type CalibrationFrame, removeInstrumentSignature } from "./remove-instrument-signature.ts";

const calibration = ["instrument", "detector"];

/** What the correction uses of a combined frame; its mask is left in the file. */
async function loadFrame(handle: DatasetHandle<Exposure>): Promise<CalibrationFrame> {
  const image = (await handle.get({ component: "image" })) as Exposure["image"];
  const variance = (await handle.get({ component: "variance" })) as Exposure["variance"];
  const metadata = (await handle.get({ component: "metadata" })) as Exposure["metadata"];
  return { bbox: image.bbox, image, variance, metadata };
}

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
      bias: prerequisite<DatasetHandle<Exposure>>({
        name: "bias",
        storageClass: "ExposureF",
        doc: "Combined bias, electrons.",
        dimensions: calibration,
        isCalibration: true,
        minimum,
        deferLoad: true,
      }),
      dark: prerequisite<DatasetHandle<Exposure>>({
        name: "dark",
        storageClass: "ExposureF",
        doc: "Combined dark, electrons per second of dark time.",
        dimensions: calibration,
        isCalibration: true,
        minimum,
        deferLoad: true,
      }),
      flat: prerequisite<DatasetHandle<Exposure>>({
        name: "flat",
        storageClass: "ExposureF",
        doc: "Combined flat, about 1.",
        dimensions: ["instrument", "detector", "physical_filter"],
        isCalibration: true,
        minimum,
        deferLoad: true,
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
    const { doBias, doDark, doFlat, doDefect } = context.config;
    const frames = {
      ...(doBias && inputs.bias && { bias: await loadFrame(inputs.bias) }),
      ...(doDark && inputs.dark && { dark: await loadFrame(inputs.dark) }),
      ...(doFlat && inputs.flat && { flat: await loadFrame(inputs.flat) }),
    };
    const { exposure, metrics } = removeInstrumentSignature(
      inputs.ccdExposure,
      { ...frames, ...(doDefect && inputs.defects && { defects: inputs.defects }) },
      context.config,
      context.log,
    );
    for (const { image, variance } of Object.values(frames)) {
      for (const { data } of [image, variance]) returnBuffer(data.buffer);
    }
    for (const [key, value] of Object.entries(metrics)) context.setMetadata(key, value);
    return { outputExposure: exposure };
  },
});
