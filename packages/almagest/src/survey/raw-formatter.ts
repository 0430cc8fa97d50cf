import { AlmagestError } from "@almagest/base";
import type { Formatter } from "@almagest/butler";
import type { RawExposure } from "@almagest/images";
import { detectInstrument } from "@almagest/instruments";

/** Components of a raw exposure that can be read by themselves. */
const COMPONENTS: ReadonlyMap<string, (raw: RawExposure) => unknown> = new Map<
  string,
  (raw: RawExposure) => unknown
>([
  ["visitInfo", (raw) => raw.visitInfo],
  ["filter", (raw) => raw.filter],
  ["detector", (raw) => raw.detector],
  ["wcs", (raw) => raw.wcs],
  ["metadata", (raw) => raw.metadata],
]);

/** Reads raw files of every known instrument, recognised by their headers; raws are never written here. */
export const rawFormatter: Formatter = {
  name: "lsst.obs.base.FitsRawFormatterBase",
  extension: ".fits",
  write: async () => {
    throw new AlmagestError(
      "ALMAGEST.RAW_READ_ONLY",
      "Raw exposures are ingested, not written: use butler ingest-raws.",
    );
  },
  async read(path, { component, dataId }) {
    const instrument = await detectInstrument([path]);
    const detectorId = dataId.detector === undefined ? {} : { detectorId: Number(dataId.detector) };
    const raw = await instrument.readRaw(path, detectorId);
    if (component === undefined) return raw;
    const part = COMPONENTS.get(component);
    if (part !== undefined) return part(raw);
    throw new AlmagestError(
      "ALMAGEST.RAW_COMPONENT",
      `Raw exposures have no component '${component}'; they have ${[...COMPONENTS.keys()].join(", ")}.`,
      { fields: { component } },
    );
  },
};
