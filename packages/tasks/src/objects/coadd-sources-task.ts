import type { Exposure } from "@almagest/images";
import { defineTask, input, NoWorkFound, output } from "@almagest/pipeline";
import type { Table } from "@almagest/tables";
import { measureSources } from "../measurement/measure-sources.ts";
import { coaddDetectionConfig } from "./detection-config.ts";
import { prepareCoadd } from "./prepare-coadd.ts";

const dimensions = ["skymap", "tract", "patch", "band"];

/** Detects and measures the sources of one coadd, band by band. */
export const coaddSourcesTask = defineTask({
  name: "measureCoaddSources",
  pythonClasses: [
    "lsst.pipe.tasks.multiBand.DetectCoaddSourcesTask",
    "lsst.pipe.tasks.multiBand.MeasureMergedCoaddSourcesTask",
  ],
  doc: "Detects and measures the sources of one coadd.",
  dimensions,
  config: coaddDetectionConfig,
  connections: () => ({
    coadd: input<Exposure>({
      name: "deep_coadd",
      storageClass: "ExposureF",
      doc: "The coadd, nJy.",
      dimensions,
    }),
    sources: output<Table>({
      name: "deep_coadd_sources",
      storageClass: "ArrowTable",
      doc: "Everything detected in this band: positions, shapes, fluxes in nJy, flags.",
      dimensions,
    }),
  }),
  async run(context, { coadd }) {
    if (coadd.psf === undefined) throw new NoWorkFound("the coadd has no PSF: no visit covers it");
    const detections = prepareCoadd(coadd, context.config);
    const sources = measureSources(coadd, coadd.psf, detections, { fluxUnit: "nJy" });
    context.setMetadata("sources", sources.rows);
    context.setMetadata("noiseScale", detections.noiseScale);
    return { sources };
  },
});
