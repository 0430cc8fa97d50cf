import { canonicalJson, parseJson } from "@almagest/base";
import type { Exposure, PixelUnit, VisitInfo } from "../exposure.ts";
import { fromJsonTree, toJsonTree } from "./json-tree.ts";
import { type ArchiveArray, describePsf, type PsfDescription } from "./psf-archive.ts";

/** Everything of an exposure but its pixels and WCS: the text of a file's JSON extension. */
export interface ExposureDescription {
  readonly schema: "almagest.exposure";
  readonly version: 1;
  readonly unit: PixelUnit;
  readonly psf?: PsfDescription;
  readonly photoCalib?: NonNullable<Exposure["photoCalib"]>;
  readonly apertureCorrection?: {
    readonly bbox: Exposure["bbox"];
    readonly coefficients: Readonly<Record<string, readonly (readonly number[])[]>>;
  };
  readonly visitInfo?: VisitInfo;
  readonly filter?: NonNullable<Exposure["filter"]>;
  readonly detector?: NonNullable<Exposure["detector"]>;
  readonly validPolygon?: NonNullable<Exposure["validPolygon"]>;
  readonly metadata: Exposure["metadata"];
}

/** Describes an exposure; arrays of its PSF are added to `arrays`. */
export function describeExposure(exposure: Exposure, arrays: ArchiveArray[]): ExposureDescription {
  const { unit, psf, photoCalib, apertureCorrection, visitInfo, filter, detector, validPolygon, metadata } =
    exposure;
  return {
    schema: "almagest.exposure",
    version: 1,
    unit,
    ...(psf && { psf: describePsf(psf, arrays) }),
    ...(photoCalib && { photoCalib }),
    ...(apertureCorrection && {
      apertureCorrection: {
        bbox: apertureCorrection.bbox,
        coefficients: Object.fromEntries(apertureCorrection.coefficients),
      },
    }),
    ...(visitInfo && { visitInfo }),
    ...(filter && { filter }),
    ...(detector && { detector }),
    ...(validPolygon && { validPolygon }),
    metadata,
  };
}

/** The description as text: sorted keys, so equal exposures give equal bytes. */
export function formatDescription(description: ExposureDescription): string {
  return canonicalJson(toJsonTree(description));
}

/** Reads the text back. Throws `BASE.JSON_INVALID`. */
export function parseDescription(text: string): ExposureDescription {
  const tree = fromJsonTree(parseJson(text)) as ExposureDescription;
  if (!tree.visitInfo) return tree;
  // Small times come back from JSON as numbers.
  return { ...tree, visitInfo: { ...tree.visitInfo, midpointTaiNs: BigInt(tree.visitInfo.midpointTaiNs) } };
}
