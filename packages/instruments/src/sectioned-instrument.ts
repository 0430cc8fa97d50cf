import { AlmagestError } from "@almagest/base";
import { openFits } from "@almagest/fits";
import type { Camera, Detector, RawExposure } from "@almagest/images";
import {
  type AmplifierSections,
  boundingBox,
  cutAmplifier,
  readCutAmplifiers,
} from "./amplifier-sections.ts";
import { fileHeaders } from "./file-headers.ts";
import { type HeaderCards, headerRecord, numberCard } from "./header.ts";
import { readHeaderWcs } from "./header-wcs.ts";
import type { FileHeaders, Instrument, InstrumentKind, PhysicalFilter } from "./instrument.ts";
import type { ObservationInfo } from "./observation-info.ts";
import { optional } from "./optional.ts";
import { parseSection } from "./section.ts";
import { createVisitInfo } from "./visit-info.ts";

/** What differs between instruments that store all amplifiers of a detector in one image. */
export interface SectionedRules {
  readonly name: string;
  readonly pythonClass: string;
  readonly filters: readonly PhysicalFilter[];
  readonly pixelScaleArcsec: number;
  readonly pixelSizeMm: number;
  readonly maxima: Instrument["maxima"];
  recognises(header: HeaderCards): boolean;
  /** The header of each detector with all its cards, by HDU index. */
  detectorHeaders(file: FileHeaders): ReadonlyMap<number, HeaderCards>;
  translate(header: HeaderCards): ObservationInfo;
  /** Sections of the amplifiers; throws `INSTRUMENTS.HEADER_INVALID`. */
  amplifiers(header: HeaderCards, hdu: number): readonly AmplifierSections[];
}

function createDetector(rules: SectionedRules, header: HeaderCards, hdu: number): Detector {
  const info = rules.translate(header);
  const amplifiers = rules.amplifiers(header, hdu).map((sections) => cutAmplifier(sections).amplifier);
  const bbox = boundingBox(amplifiers.map((amplifier) => amplifier.bbox));
  const [centerX, centerY] = focalPlanePixels(header, bbox.width, bbox.height);
  return {
    id: info.detectorId,
    name: info.detectorName,
    serial: info.detectorSerial ?? "",
    bbox,
    amplifiers,
    crosstalk: [],
    centerXMm: centerX * rules.pixelSizeMm,
    centerYMm: centerY * rules.pixelSizeMm,
    rotationDeg: 0,
    pixelSizeMm: rules.pixelSizeMm,
  };
}

/** Pixels from the focal plane's centre to the detector's: from DETSEC in DETSIZE, else from the reference pixel. */
function focalPlanePixels(header: HeaderCards, width: number, height: number): [number, number] {
  const section = parseSection(header.get("DETSEC"));
  const whole = parseSection(header.get("DETSIZE"));
  if (section !== undefined && whole !== undefined) {
    const { box } = section;
    return [box.x0 + box.width / 2 - whole.box.width / 2, box.y0 + box.height / 2 - whole.box.height / 2];
  }
  const x = numberCard(header, "CRPIX1") ?? 0;
  const y = numberCard(header, "CRPIX2") ?? 0;
  return [(width + 1) / 2 - x, (height + 1) / 2 - y];
}

/** Makes the plugin of an instrument from its rules. */
export function createSectionedKind(rules: SectionedRules): InstrumentKind {
  const fromCamera = (camera: Camera): Instrument => ({
    name: rules.name,
    pythonClass: rules.pythonClass,
    camera,
    filters: rules.filters,
    visitSystems: [{ id: 0, name: "one-to-one" }],
    maxima: rules.maxima,
    observationInfos: (file) => [...rules.detectorHeaders(file).values()].map(rules.translate),
    readRaw: (path, options) => readSectionedRaw(rules, path, options?.detectorId),
  });
  return {
    name: rules.name,
    pythonClass: rules.pythonClass,
    recognises: rules.recognises,
    create: (files) => {
      const detectors = new Map<number, Detector>();
      for (const file of files) {
        for (const [hdu, header] of rules.detectorHeaders(file)) {
          const detector = createDetector(rules, header, hdu);
          if (!detectors.has(detector.id)) detectors.set(detector.id, detector);
        }
      }
      return fromCamera({
        name: rules.name,
        detectors: [...detectors.values()].sort((a, b) => a.id - b.id),
        plateScaleArcsecPerMm: rules.pixelScaleArcsec / rules.pixelSizeMm,
        distortion: [],
      });
    },
    fromCamera,
  };
}

async function readSectionedRaw(
  rules: SectionedRules,
  path: string,
  detectorId: number | undefined,
): Promise<RawExposure> {
  await using fits = await openFits(path);
  const headers = rules.detectorHeaders(fileHeaders(path, fits));
  const found = [...headers].find(
    ([, header]) => detectorId === undefined || rules.translate(header).detectorId === detectorId,
  );
  if (found === undefined || (detectorId === undefined && headers.size > 1)) {
    const ids = [...headers.values()].map((header) => rules.translate(header).detectorId);
    throw new AlmagestError(
      "INSTRUMENTS.DETECTOR_MISSING",
      `${path} has ${detectorId === undefined ? "several detectors; say which" : `no detector ${detectorId}`}: ${ids.join(", ")}.`,
      { fields: { path, detectorId, ids } },
    );
  }
  const [hdu, header] = found;
  const info = rules.translate(header);
  return {
    detector: createDetector(rules, header, hdu),
    amplifiers: await readCutAmplifiers(fits, rules.amplifiers(header, hdu).map(cutAmplifier)),
    visitInfo: createVisitInfo(info),
    filter: { band: info.band, physical: info.physicalFilter },
    ...optional("wcs", info.canSeeSky ? readHeaderWcs(header) : undefined),
    metadata: headerRecord(header),
  };
}
