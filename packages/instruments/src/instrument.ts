import type { Camera, RawExposure } from "@almagest/images";
import type { HeaderCards } from "./header.ts";
import type { ObservationInfo } from "./observation-info.ts";

/** A filter: the piece of glass and the passband it stands for. */
export interface PhysicalFilter {
  readonly physical: string;
  readonly band: string;
}

/** How exposures form visits. */
export interface VisitSystem {
  readonly id: number;
  readonly name: string;
}

/** One rectangle of bad pixels of a detector, in assembled coordinates. */
export interface Defect {
  readonly x0: number;
  readonly y0: number;
  readonly width: number;
  readonly height: number;
}

/** The headers of one file: primary first. */
export interface FileHeaders {
  readonly path: string;
  readonly hdus: readonly HeaderCards[];
}

/** An instrument: its camera, filters, and how to read what it writes. */
export interface Instrument {
  readonly name: string;
  /** Class name stored in repositories for the Python programs. */
  readonly pythonClass: string;
  readonly camera: Camera;
  readonly filters: readonly PhysicalFilter[];
  readonly visitSystems: readonly VisitSystem[];
  /** Largest ids that packers of ids must hold. */
  readonly maxima: { readonly visit: number; readonly exposure: number; readonly detector: number };
  /** What one file's headers tell, one entry per detector. Throws `INSTRUMENTS.HEADER_INVALID` naming the card. */
  observationInfos(file: FileHeaders): readonly ObservationInfo[];
  /** Reads one detector of a raw file (`detectorId` may be left out when the file has one). */
  readRaw(path: string, options?: { readonly detectorId?: number }): Promise<RawExposure>;
}

/** A kind of instrument: recognises its files and makes the `Instrument` that reads them. */
export interface InstrumentKind {
  readonly name: string;
  readonly pythonClass: string;
  /** Whether this header (primary, or extension with the primary's cards inherited) is of this instrument. */
  recognises(header: HeaderCards): boolean;
  /** The instrument, its camera taken from the headers where they tell it. */
  create(files: readonly FileHeaders[]): Instrument;
  /** The instrument with a camera read back from a repository. */
  fromCamera(camera: Camera): Instrument;
}
