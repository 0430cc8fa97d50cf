import { AlmagestError, returnBuffer } from "@almagest/base";
import type { Formatter, ReadOptions } from "@almagest/butler";
import {
  type Box,
  EXPOSURE_COMPONENTS,
  type Exposure,
  type ExposureComponent,
  readExposure,
  readExposureComponent,
  writeExposure,
} from "@almagest/images";

/** Other names by which Rubin's stack and pipelines ask for a part. */
const ALIASES: Readonly<Record<string, ExposureComponent>> = {
  apCorrMap: "apertureCorrection",
  info: "metadata",
};

/** Calibrated and intermediate images as FITS. Components are the parts of an exposure, and
 * the `dimensions` and origin `xy0` of its box; the parameter `bbox` reads a
 * cutout. */
export const exposureFormatter: Formatter<Exposure> = {
  name: "lsst.obs.base.formatters.fitsExposure.FitsExposureFormatter",
  extension: ".fits",
  write: (exposure, path) => writeExposure(path, exposure),
  writeSeen: (exposure, path, seen) => writeExposure(path, exposure, { seen }),
  release({ image, mask, variance }) {
    for (const { data } of [image, mask, variance]) returnBuffer(data.buffer);
  },
  async read(path, options) {
    const bbox = boxParameter(options);
    const cutout = bbox === undefined ? {} : { bbox };
    if (options.component === undefined) return readExposure(path, cutout);
    const { component } = options;
    if (component !== "dimensions" && component !== "xy0")
      return readExposureComponent(path, componentName(component), cutout);
    const { x0, y0, width, height } = await readExposureComponent(path, "bbox", cutout);
    return component === "xy0" ? { x: x0, y: y0 } : { width, height };
  },
};

/** The `bbox` parameter of a read, where given. Throws `PIPELINE.FORMAT_INVALID` when it is no box. */
export function boxParameter(options: ReadOptions): Box | undefined {
  const box = options.parameters?.bbox as Partial<Box> | undefined;
  if (box === undefined) return undefined;
  const { x0, y0, width, height } = box;
  if ([x0, y0, width, height].every(Number.isInteger)) return box as Box;
  throw new AlmagestError(
    "PIPELINE.FORMAT_INVALID",
    "The parameter bbox is {x0, y0, width, height} in pixels.",
    {
      fields: { bbox: box },
    },
  );
}

function componentName(name: string): ExposureComponent {
  const component = ALIASES[name] ?? (name as ExposureComponent);
  if (EXPOSURE_COMPONENTS.includes(component)) return component;
  throw new AlmagestError(
    "PIPELINE.FORMAT_INVALID",
    `An exposure has no component '${name}'; it has ${EXPOSURE_COMPONENTS.join(", ")}.`,
    { fields: { component: name } },
  );
}
