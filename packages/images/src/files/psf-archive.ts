import { AlmagestError } from "@almagest/base";
import { parseWcs, type SkyWcs } from "@almagest/sphere";
import type { Box } from "../box.ts";
import { type CoaddPsf, createCoaddPsf } from "../psf/coadd-psf.ts";
import { createDoubleGaussianPsf, createGaussianPsf, type GaussianPsf } from "../psf/gaussian-psf.ts";
import { createPixelGridPsf, type PixelGridPsf } from "../psf/pixel-grid-psf.ts";
import type { Psf } from "../psf.ts";

/** An array kept beside the description, as its own HDU. */
export interface ArchiveArray {
  /** First axis fastest. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

type WcsCards = ReadonlyArray<readonly [keyword: string, value: string | number]>;

/** The description of a PSF; `array` is a place in the list of arrays. */
export type PsfDescription =
  | { readonly kind: "gaussian"; readonly sigma: number; readonly size: number }
  | {
      readonly kind: "double-gaussian";
      readonly sigma1: number;
      readonly sigma2: number;
      readonly amplitude2: number;
      readonly size: number;
    }
  | {
      readonly kind: "pixel-grid";
      readonly bbox: Box;
      readonly order: number;
      readonly size: number;
      readonly array: number;
    }
  | {
      readonly kind: "coadd";
      readonly size: number;
      readonly cellSize: number;
      readonly wcs: WcsCards;
      readonly components: ReadonlyArray<{
        readonly psf: PsfDescription;
        readonly wcs: WcsCards;
        readonly bbox: Box;
        readonly validPolygon?: ReadonlyArray<readonly [x: number, y: number]>;
        readonly weight: number;
      }>;
    };

type Kind = PsfDescription["kind"];

const DESCRIBERS: ReadonlyMap<string, (psf: Psf, arrays: ArchiveArray[]) => PsfDescription> = new Map([
  [
    "gaussian",
    (psf) => ({ kind: "gaussian", sigma: (psf as GaussianPsf).sigma1, size: (psf as GaussianPsf).size }),
  ],
  ["double-gaussian", (psf) => describeDoubleGaussian(psf as GaussianPsf)],
  ["pixel-grid", (psf, arrays) => describePixelGrid(psf as PixelGridPsf, arrays)],
  ["coadd", (psf, arrays) => describeCoadd(psf as CoaddPsf, arrays)],
] satisfies [Kind, (psf: Psf, arrays: ArchiveArray[]) => PsfDescription][]);

/** Describes a PSF for a file, adding its arrays to `arrays`. Throws `IMAGES.PSF_KIND_UNKNOWN`. */
export function describePsf(psf: Psf, arrays: ArchiveArray[]): PsfDescription {
  const describe = DESCRIBERS.get(psf.kind);
  if (!describe) throw unknownKind(psf.kind);
  return describe(psf, arrays);
}

/** Creates the PSF that was described. Throws `IMAGES.PSF_KIND_UNKNOWN`, `IMAGES.FILE_INVALID`. */
export function restorePsf(description: PsfDescription, arrays: readonly ArchiveArray[]): Psf {
  switch (description.kind) {
    case "gaussian":
      return createGaussianPsf(description.sigma, description.size);
    case "double-gaussian":
      return createDoubleGaussianPsf(
        description.sigma1,
        description.sigma2,
        description.amplitude2,
        description.size,
      );
    case "pixel-grid": {
      const stored = arrays[description.array];
      if (!stored) {
        throw new AlmagestError(
          "IMAGES.FILE_INVALID",
          `The PSF's array ${description.array} is not in the file.`,
          {
            fields: { array: description.array },
          },
        );
      }
      const { bbox, order, size } = description;
      return createPixelGridPsf({ bbox, order, size, basis: stored.data });
    }
    case "coadd":
      return createCoaddPsf(
        description.components.map((component) => ({
          ...component,
          psf: restorePsf(component.psf, arrays),
          wcs: wcsFromCards(component.wcs),
        })),
        wcsFromCards(description.wcs),
        description,
      );
    default:
      throw unknownKind((description as { kind: string }).kind);
  }
}

function describeDoubleGaussian({ sigma1, sigma2, amplitude2, size }: GaussianPsf): PsfDescription {
  return { kind: "double-gaussian", sigma1, sigma2, amplitude2, size };
}

function describePixelGrid(
  { bbox, order, size, basis }: PixelGridPsf,
  arrays: ArchiveArray[],
): PsfDescription {
  arrays.push({ shape: [size, size, basis.length / (size * size)], data: basis });
  return { kind: "pixel-grid", bbox, order, size, array: arrays.length - 1 };
}

function describeCoadd(
  { size, cellSize, wcs, components }: CoaddPsf,
  arrays: ArchiveArray[],
): PsfDescription {
  return {
    kind: "coadd",
    size,
    cellSize,
    wcs: wcs.toFitsCards(),
    components: components.map((component) => ({
      ...component,
      psf: describePsf(component.psf, arrays),
      wcs: component.wcs.toFitsCards(),
    })),
  };
}

function wcsFromCards(cards: WcsCards): SkyWcs {
  const values = new Map(cards);
  return parseWcs((key) => values.get(key));
}

function unknownKind(kind: string): AlmagestError {
  const known = [...DESCRIBERS.keys()].join(", ");
  return new AlmagestError(
    "IMAGES.PSF_KIND_UNKNOWN",
    `No file form is known for PSFs of kind ${kind}; there are ${known}.`,
    {
      fields: { kind },
    },
  );
}
