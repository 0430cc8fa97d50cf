import type { Exposure, Image } from "@almagest/images";
import { type DatasetHandle, defineTask, inputs, output } from "@almagest/pipeline";
import { assembleCoadd } from "./assemble-coadd.ts";
import { coaddConfig } from "./coadd-config.ts";

const dimensions = ["skymap", "tract", "patch", "band"];

/** Combines the visits' warps of one patch and band into an artifact-free weighted mean. */
export const deepCoaddTask = defineTask({
  name: "assembleDeepCoadd",
  pythonClasses: [
    "lsst.drp.tasks.assemble_coadd.CompareWarpAssembleCoaddTask",
    "lsst.drp.tasks.CompareWarpAssembleCoaddTask",
  ],
  doc: "Combines the visits' warps of one patch and band into an artifact-free weighted mean.",
  dimensions,
  config: coaddConfig,
  connections: () => ({
    inputWarps: inputs<DatasetHandle<Exposure>>({
      name: "direct_warp",
      storageClass: "ExposureF",
      doc: "Visits on the patch's pixels, nJy.",
      dimensions: ["instrument", "visit", "skymap", "tract", "patch"],
      deferLoad: true,
    }),
    coaddExposure: output<Exposure>({
      name: "deep_coadd",
      storageClass: "ExposureF",
      doc: "The coadd, nJy.",
      dimensions,
    }),
    nImage: output<Image>({
      name: "deep_coadd_n_image",
      storageClass: "ImageU",
      doc: "How many visits count in each pixel.",
      dimensions,
    }),
  }),
  async run(context, inputs) {
    const { exposure, nImage, metrics } = await assembleCoadd(inputs.inputWarps, context.config, context.log);
    for (const [key, value] of Object.entries(metrics)) context.setMetadata(key, value);
    return { coaddExposure: exposure, nImage };
  },
});
