import type { Exposure } from "@almagest/images";
import { defineTask, input, output } from "@almagest/pipeline";
import { getNumbers, type Table } from "@almagest/tables";
import { forcedMeasure } from "../measurement/forced-measure.ts";
import { coaddDetectionConfig } from "./detection-config.ts";
import { prepareCoadd } from "./prepare-coadd.ts";

const dimensions = ["skymap", "tract", "patch", "band"];

/** Measures every object of a patch in one band, at the position merged over bands. */
export const forcedObjectsTask = defineTask({
  name: "forcedPhotCoadd",
  pythonClasses: ["lsst.drp.tasks.forcedPhotCoadd.ForcedPhotCoaddTask"],
  doc: "Measures every object of a patch in one band, at the position merged over bands.",
  dimensions,
  config: coaddDetectionConfig,
  connections: () => ({
    coadd: input<Exposure>({
      name: "deep_coadd",
      storageClass: "ExposureF",
      doc: "The coadd, nJy.",
      dimensions,
    }),
    objects: input<Table>({
      name: "object_positions",
      storageClass: "ArrowTable",
      doc: "Positions merged over bands.",
      dimensions: ["skymap", "tract", "patch"],
    }),
    forced: output<Table>({
      name: "object_forced",
      storageClass: "ArrowTable",
      doc: "Forced fluxes in nJy, one row per object.",
      dimensions,
    }),
  }),
  async run(context, { coadd, objects }) {
    const detections = prepareCoadd(coadd, context.config);
    const forced = forcedMeasure(
      coadd,
      coadd.psf!,
      { x: getNumbers(objects, "x"), y: getNumbers(objects, "y") },
      { fluxUnit: "nJy", noiseScale: detections.noiseScale },
    );
    context.setMetadata("objects", forced.rows);
    return { forced };
  },
});
