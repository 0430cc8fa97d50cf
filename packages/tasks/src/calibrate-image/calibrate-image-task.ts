import { AlmagestError } from "@almagest/base";
import type { BackgroundModel, Exposure } from "@almagest/images";
import { defineTask, inputs, output, prerequisites } from "@almagest/pipeline";
import type { Table } from "@almagest/tables";
import { readReference } from "../reference-catalog/read-reference.ts";
import { selectConnections } from "../select-connections.ts";
import { calibrateImage } from "./calibrate-image.ts";
import { calibrateImageConfig } from "./calibrate-image-config.ts";

const dimensions = ["instrument", "visit", "detector"];

/** From an assembled image to a calibrated one: sky, PSF, sources, positions, zero point. */
export const calibrateImageTask = defineTask({
  name: "calibrateImage",
  pythonClasses: ["lsst.pipe.tasks.calibrateImage.CalibrateImageTask"],
  doc: "Subtracts the sky, fits the PSF, measures sources, solves positions and zero point, and calibrates the pixels.",
  dimensions,
  config: calibrateImageConfig,
  connections(config) {
    const all = {
      exposures: inputs<Exposure>({
        name: "post_isr_image",
        storageClass: "ExposureF",
        doc: "The visit's exposure (one snap), electrons.",
        dimensions: ["instrument", "exposure", "detector"],
      }),
      reference: prerequisites<Table>({
        name: "refcat",
        storageClass: "ArrowTable",
        doc: "Reference stars, sharded by HTM level 7.",
        dimensions: ["htm7"],
        minimum: config.requireAstrometry ? 1 : 0,
      }),
      exposure: output<Exposure>({
        name: "preliminary_visit_image",
        storageClass: "ExposureF",
        doc: "The calibrated image, nJy, with PSF, WCS, flux scale and aperture correction.",
        dimensions,
      }),
      background: output<BackgroundModel>({
        name: "preliminary_visit_image_background",
        storageClass: "Background",
        doc: "The sky that was subtracted, electrons.",
        dimensions,
      }),
      sources: output<Table>({
        name: "single_visit_star_detector",
        storageClass: "ArrowTable",
        doc: "Every source of the image: position, shape, fluxes in nJy, flags.",
        dimensions,
      }),
    };
    return selectConnections(all, { reference: config.doAstrometry || config.doPhotometry });
  },
  async run(context, { exposures, reference }) {
    const exposure = exposures[0];
    if (exposure === undefined || exposures.length > 1) {
      throw new AlmagestError(
        "TASKS.SNAPS_UNSUPPORTED",
        `The visit has ${exposures.length} exposures; only visits of one exposure are calibrated.`,
        { fields: { exposures: exposures.length } },
      );
    }
    const visit = Number(context.dataId.visit);
    const stars =
      reference === undefined || reference.length === 0
        ? undefined
        : readReference(reference, exposure.filter?.band ?? String(context.dataId.band ?? ""));
    const named: Exposure =
      exposure.visitInfo === undefined
        ? exposure
        : { ...exposure, visitInfo: { ...exposure.visitInfo, visitId: visit } };
    const result = calibrateImage(
      named,
      stars,
      context.config,
      context.log,
      visit + Number(context.dataId.detector),
    );
    for (const [key, value] of Object.entries(result.figures)) context.setMetadata(key, value);
    result.notes.forEach((note, k) => {
      context.setMetadata(`note${k + 1}`, note);
    });
    return { exposure: result.exposure, background: result.background, sources: result.sources };
  },
});
