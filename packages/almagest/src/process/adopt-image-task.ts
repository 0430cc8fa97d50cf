import { AlmagestError } from "@almagest/base";
import type { Exposure } from "@almagest/images";
import { inspectFrames, readReducedFrame } from "@almagest/instruments";
import { defineTask, input, output } from "@almagest/pipeline";
import { cosmicRayConfig, findCosmicRays } from "@almagest/tasks";
import { z } from "zod";

/** Where a reduced image lies: its file, the image in it, and the files of its mask and weight. */
export interface ReducedSource {
  readonly path: string;
  readonly hdu: number;
  readonly companions: readonly string[];
}

const dimensions = ["instrument", "exposure", "detector"];

const adoptImageConfig = z.object({
  doCosmicRay: z
    .boolean()
    .default(true)
    .describe("Find and mask cosmic rays in images that come without a mask."),
  cosmicRay: cosmicRayConfig.prefault({}),
});

/** An image whose unit is electrons; its flux scale goes with it. */
function toElectrons(exposure: Exposure): Exposure {
  const gain = exposure.unit === "adu" ? Number(exposure.metadata.ALMGAIN ?? 1) : 1;
  const image = exposure.image.data;
  const variance = exposure.variance.data;
  for (let p = 0; p < image.length; p++) {
    image[p]! *= gain;
    variance[p]! *= gain * gain;
  }
  const { photoCalib, ...rest } = exposure;
  if (exposure.unit === "nJy") {
    return { ...rest, unit: "electron", photoCalib: photoCalib ?? { nanojanskyPerUnit: 1, error: 0.05 } };
  }
  if (photoCalib === undefined) return { ...rest, unit: "electron" };
  const { nanojanskyPerUnit, error } = photoCalib;
  return { ...rest, unit: "electron", photoCalib: { nanojanskyPerUnit: nanojanskyPerUnit / gain, error } };
}

/** Takes an image that others have reduced: reads their file and makes it an assembled image in electrons like those of `isr`. */
export const adoptImageTask = defineTask({
  name: "adoptImage",
  pythonClasses: ["almagest.process.AdoptImageTask"],
  doc: "Reads an image that others have reduced, with its mask and weight, as an assembled image in electrons.",
  dimensions,
  config: adoptImageConfig,
  connections: () => ({
    source: input<ReducedSource>({
      name: "reduced_source",
      storageClass: "StructuredDataDict",
      doc: "Where the image's files lie.",
      dimensions,
    }),
    outputExposure: output<Exposure>({
      name: "post_isr_image",
      storageClass: "ExposureF",
      doc: "The image with variance and mask, electrons.",
      dimensions,
    }),
  }),
  async run(context, { source }) {
    const frames = await inspectFrames([source.path, ...source.companions]);
    const frame = frames.find(({ path, hdu }) => path === source.path && hdu === source.hdu);
    if (frame === undefined) {
      throw new AlmagestError(
        "ALMAGEST.FRAME_CHANGED",
        `${source.path} no longer holds the image it held when it was ingested; process it into a new folder.`,
        { fields: { path: source.path, hdu: source.hdu } },
      );
    }
    const exposureId = Number(context.dataId.exposure);
    const read = await readReducedFrame(frame, { detectorId: Number(context.dataId.detector), exposureId });
    const exposure = toElectrons(read);
    const named = String(context.dataId.instrument);
    if (context.config.doCosmicRay && frame.companions.mask === undefined) {
      const { rays } = findCosmicRays(exposure, context.config.cosmicRay);
      context.setMetadata("cosmicRays", rays.length);
    }
    return {
      outputExposure:
        exposure.visitInfo === undefined
          ? exposure
          : { ...exposure, visitInfo: { ...exposure.visitInfo, instrument: named, visitId: exposureId } },
    };
  },
});
