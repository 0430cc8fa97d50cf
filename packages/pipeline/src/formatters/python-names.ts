import { AlmagestError } from "@almagest/base";
import type { Formatter } from "@almagest/butler";
import { backgroundFormatter } from "./background-formatter.ts";
import { cameraFormatter, defectsFormatter } from "./camera-formatter.ts";
import { configFormatter } from "./config-formatter.ts";
import { exposureFormatter } from "./exposure-formatter.ts";
import { fitsGenericFormatter } from "./fits-generic-formatter.ts";
import { imageFormatter } from "./image-formatter.ts";
import { jsonFormatter } from "./json-formatter.ts";
import { packagesFormatter } from "./packages-formatter.ts";
import { skyMapFormatter } from "./sky-map-formatter.ts";

// A table of formatters erases what each of them writes.
const erase = (formatter: unknown): Formatter => formatter as Formatter;

/** One plane of an exposure's file. */
const maskFormatter: Formatter = {
  ...erase(exposureFormatter),
  name: "lsst.obs.base.formatters.fitsExposure.FitsMaskFormatter",
  read: (path, options) =>
    exposureFormatter.read(path, { ...options, component: options.component ?? "mask" }),
};

/** Pickles are programs: reading one runs it. */
const pickleRefusal: Formatter = {
  name: "lsst.daf.butler.formatters.pickle.PickleFormatter",
  extension: ".pickle",
  readOnly: true,
  write: async () => refusePickle(),
  read: async () => refusePickle(),
};

function refusePickle(): never {
  throw new AlmagestError(
    "PIPELINE.FORMAT_INVALID",
    "The dataset is a Python pickle, a program that would run when it is read. Write it in another form with Python.",
  );
}

const BASE = "lsst.obs.base.formatters";
const BUTLER = "lsst.daf.butler.formatters";

/** Which formatter reads files of a Python class name, where it is not the name of the one that writes them here: names of
 * other years and packages, and classes whose files are only read. */
export const PYTHON_NAMES: ReadonlyMap<string, Formatter> = new Map(
  (
    [
      // Several formatters carry this name; the one here reads what all of them write, not-a-number included.
      [jsonFormatter.name, jsonFormatter],
      [`${BUTLER}.jsonFormatter.JsonFormatter`, jsonFormatter],
      ["lsst.images.formatters.GenericFormatter", exposureFormatter],
      ["lsst.images.formatters.ImageFormatter", exposureFormatter],
      ["lsst.images.formatters.MaskedImageFormatter", exposureFormatter],
      ["lsst.images.formatters.VisitImageFormatter", exposureFormatter],
      [maskFormatter.name, maskFormatter],
      [`${BASE}.fitsExposure.FitsMaskedImageFormatter`, exposureFormatter],
      [`${BUTLER}.fitsExposureFormatter.FitsExposureFormatter`, exposureFormatter],
      [`${BASE}.fitsExposure.FitsImageFormatter`, imageFormatter],
      [fitsGenericFormatter.name, fitsGenericFormatter],
      [`${BUTLER}.fitsCatalogFormatter.FitsCatalogFormatter`, fitsGenericFormatter],
      [`${BUTLER}.fitsGenericFormatter.FitsGenericFormatter`, fitsGenericFormatter],
      [`${BASE}.pexConfig.PexConfigFormatter`, configFormatter],
      [`${BUTLER}.pexConfigFormatter.PexConfigFormatter`, configFormatter],
      [`${BASE}.packages.PackagesFormatter`, packagesFormatter],
      [pickleRefusal.name, pickleRefusal],
      [`${BUTLER}.pickleFormatter.PickleFormatter`, pickleRefusal],
      // Names that Python cannot import, written here before.
      ["almagest.formatters.BackgroundFormatter", backgroundFormatter],
      ["almagest.formatters.CameraFormatter", cameraFormatter],
      ["almagest.formatters.DefectsFormatter", defectsFormatter],
      ["almagest.formatters.SkyMapFormatter", skyMapFormatter],
    ] as const
  ).map(([name, formatter]) => [name, erase(formatter)]),
);
