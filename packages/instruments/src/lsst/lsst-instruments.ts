import { AlmagestError } from "@almagest/base";
import { type FitsFile, openFits } from "@almagest/fits";
import type { Camera, Detector, RawExposure } from "@almagest/images";
import { boundingBox } from "../amplifier-sections.ts";
import { createDetectorWcs } from "../camera-wcs.ts";
import { headerCards } from "../file-headers.ts";
import { type HeaderCards, headerRecord, inheritCards, numberCard } from "../header.ts";
import type { FileHeaders, Instrument, InstrumentKind, PhysicalFilter } from "../instrument.ts";
import type { ObservationInfo } from "../observation-info.ts";
import { parseSection } from "../section.ts";
import { createVisitInfo } from "../visit-info.ts";
import { createLsstCamera } from "./lsst-cameras.ts";
import { LSSTCAM_DETECTORS, LSSTCOMCAM_DETECTORS } from "./lsst-focal-plane.ts";
import { translateLsstHeader } from "./lsst-header.ts";
import { readSegments } from "./read-segments.ts";

interface LsstFamily {
  readonly name: string;
  readonly pythonClass: string;
  /** INSTRUME, in lower case. */
  readonly spellings: readonly string[];
  readonly detectors: readonly string[];
  readonly filters: readonly PhysicalFilter[];
}

const filtersOf = (...names: readonly string[]): PhysicalFilter[] =>
  names.map((physical) => ({ physical, band: physical.split("_")[0]! }));

const NO_FILTER: readonly PhysicalFilter[] = [
  { physical: "empty", band: "white" },
  { physical: "none", band: "white" },
  { physical: "unknown", band: "unknown" },
];

/** The detector as the file tells it: amplifier sections, gains where given. */
function detectorOfFile(fits: FitsFile, nominal: Detector): Detector {
  const amplifiers = nominal.amplifiers.map((amplifier) => {
    const hdu = fits.hdus.find((candidate) => candidate.name === `Segment${amplifier.name.slice(1)}`);
    const header = hdu === undefined ? undefined : headerCards(hdu.header);
    const data = parseSection(header?.get("DATASEC"));
    const target = parseSection(header?.get("DETSEC"));
    if (hdu === undefined || header === undefined || data === undefined || target === undefined)
      return amplifier;
    const [width = 0, height = 0] = hdu.shape;
    const { box } = data;
    const right = box.x0 + box.width;
    const top = box.y0 + box.height;
    return {
      ...amplifier,
      bbox: target.box,
      flipX: target.flipX,
      flipY: target.flipY,
      rawBox: { x0: 0, y0: 0, width, height },
      rawDataBox: box,
      rawPrescanBox: { x0: 0, y0: 0, width: box.x0, height },
      rawSerialOverscanBox: { x0: right, y0: box.y0, width: width - right, height: box.height },
      rawParallelOverscanBox: { x0: box.x0, y0: top, width: box.width, height: height - top },
      gain: numberCard(header, "GAIN") ?? amplifier.gain,
      readNoise: numberCard(header, "RDNOISE") ?? amplifier.readNoise,
    };
  });
  return { ...nominal, amplifiers, bbox: boundingBox(amplifiers.map((amplifier) => amplifier.bbox)) };
}

async function readLsstRaw(
  path: string,
  camera: Camera,
  translate: (header: HeaderCards) => ObservationInfo,
): Promise<RawExposure> {
  await using fits = await openFits(path);
  const header = headerCards(fits.hdus[0]!.header);
  const info = translate(header);
  const nominal = camera.detectors.find((candidate) => candidate.id === info.detectorId);
  if (nominal === undefined) {
    throw new AlmagestError(
      "INSTRUMENTS.DETECTOR_MISSING",
      `${camera.name} has no detector ${info.detectorName}.`,
      {
        fields: { detector: info.detectorName },
      },
    );
  }
  const detector = detectorOfFile(fits, nominal);
  const { trackingRaDeg: raDeg, trackingDecDeg: decDeg, skyAngleDeg: rotatorDeg } = info;
  const pointed = info.canSeeSky && raDeg !== undefined && decDeg !== undefined && rotatorDeg !== undefined;
  return {
    detector,
    amplifiers: await readSegments(fits, path, detector.amplifiers),
    visitInfo: createVisitInfo(info),
    filter: { band: info.band, physical: info.physicalFilter },
    ...(pointed ? { wcs: createDetectorWcs(camera, detector, { raDeg, decDeg, rotatorDeg }) } : {}),
    metadata: headerRecord(header),
  };
}

function createKind(family: LsstFamily): InstrumentKind {
  const bands = new Map(family.filters.map(({ physical, band }) => [physical, band]));
  const translate = (header: HeaderCards): ObservationInfo =>
    translateLsstHeader(header, {
      name: family.name,
      bandOf: (filter) => bands.get(filter) ?? /^([ugrizy])_/.exec(filter)?.[1] ?? "unknown",
      detectorIdOf: (name) => {
        const id = family.detectors.indexOf(name);
        return id < 0 ? undefined : id;
      },
    });
  const fromCamera = (camera: Camera): Instrument => ({
    name: family.name,
    pythonClass: family.pythonClass,
    camera,
    filters: family.filters,
    visitSystems: [{ id: 0, name: "one-to-one" }],
    maxima: { visit: 7_050_123_199_999, exposure: 7_050_123_199_999, detector: 1000 },
    observationInfos: (file: FileHeaders) => [
      translate(inheritCards(file.hdus[1] ?? new Map(), file.hdus[0]!)),
    ],
    readRaw: (path) => readLsstRaw(path, camera, translate),
  });
  return {
    name: family.name,
    pythonClass: family.pythonClass,
    recognises: (header) => family.spellings.includes(String(header.get("INSTRUME") ?? "").toLowerCase()),
    create: () => fromCamera(createLsstCamera(family.name, family.detectors)),
    fromCamera,
  };
}

/** LSSTComCam: one raft of nine ITL sensors. */
export const LSSTCOMCAM: InstrumentKind = createKind({
  name: "LSSTComCam",
  pythonClass: "lsst.obs.lsst.LsstComCam",
  spellings: ["comcam", "lsstcomcam"],
  detectors: LSSTCOMCAM_DETECTORS,
  filters: [...filtersOf("u_05", "g_01", "g_07", "r_03", "i_06", "z_02", "z_03", "y_04"), ...NO_FILTER],
});

/** LSSTCam: 189 science sensors and the guide and wavefront sensors of the corner rafts. */
export const LSSTCAM: InstrumentKind = createKind({
  name: "LSSTCam",
  pythonClass: "lsst.obs.lsst.LsstCam",
  spellings: ["lsstcam", "lsst_cam"],
  detectors: LSSTCAM_DETECTORS,
  filters: [
    ...filtersOf("u_24", "g_6", "r_57", "i_39", "z_20", "y_10"),
    { physical: "ph_5", band: "white" },
    { physical: "ef_43", band: "white" },
    ...NO_FILTER,
  ],
});
