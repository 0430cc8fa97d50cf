import { createTable, type Table } from "@almagest/tables";
import type { PlannedExposure } from "../plan/exposures.ts";
import { psfShapeOnDetector } from "../render/render-sources.ts";
import { type Survey, visibleSources, visitOptics } from "../simulate-detector.ts";
import { lightCurveFlux } from "../sky/light-curves.ts";
import { moverPosition } from "../sky/movers.ts";
import { OBJECT_KINDS } from "../sky/sky-objects.ts";

/** All sources of the sky with their mean fluxes and shapes. */
export function createTruthObjects(survey: Survey): Table {
  const { objects } = survey.sky;
  const fluxes = [...objects.flux].map(
    ([band, data]) =>
      [`${band}_flux`, { data, unit: "nJy", doc: `Mean flux in ${band}; 0 for supernovae.` }] as const,
  );
  return createTable([
    ["id", { data: objects.id, doc: "Identifier, from 1." }],
    ["kind", { data: Array.from(objects.kind, (kind) => OBJECT_KINDS[kind]!), doc: "What the source is." }],
    ["ra", { data: objects.raDeg, unit: "deg", doc: "Right ascension, ICRS." }],
    ["dec", { data: objects.decDeg, unit: "deg", doc: "Declination, ICRS." }],
    ...fluxes,
    [
      "half_light_radius",
      { data: objects.radiusArcsec, unit: "arcsec", doc: "Along the major axis; 0 for point sources." },
    ],
    [
      "bulge_share",
      {
        data: objects.bulgeShare,
        doc: "Share of the flux in the bulge (n = 4); the rest is a disc (n = 1).",
      },
    ],
    ["axis_ratio", { data: objects.axisRatio, doc: "Minor over major axis." }],
    ["position_angle", { data: objects.angleDeg, unit: "deg", doc: "Of the major axis, east of north." }],
    ["host_id", { data: objects.host, doc: "Host galaxy of a supernova, else -1." }],
  ]);
}

/** The light curves: one row per variable source. */
export function createTruthVariables(survey: Survey): Table {
  const rows = [...survey.sky.lightCurves].map(([index, curve]) => ({
    id: survey.sky.objects.id[index]!,
    curve,
  }));
  const number = (pick: (curve: (typeof rows)[number]["curve"]) => number | undefined): Float64Array =>
    Float64Array.from(rows, ({ curve }) => pick(curve) ?? Number.NaN);
  return createTable([
    ["id", { data: Int32Array.from(rows, ({ id }) => id), doc: "Identifier in truth_objects." }],
    ["kind", { data: rows.map(({ curve }) => curve.kind), doc: "Kind of variable." }],
    [
      "period",
      { data: number((c) => ("periodDays" in c ? c.periodDays : undefined)), unit: "d", doc: "Period." },
    ],
    [
      "epoch",
      {
        data: number((c) => ("epochMjd" in c ? c.epochMjd : "peakMjd" in c ? c.peakMjd : undefined)),
        unit: "d",
        doc: "MJD TAI of phase 0, or of a supernova's peak.",
      },
    ],
    [
      "amplitude",
      {
        data: number((c) => ("amplitudeMag" in c ? c.amplitudeMag : "depth" in c ? c.depth : undefined)),
        doc: "Magnitudes in g of an RR Lyrae; relative depth of the primary eclipse.",
      },
    ],
    [
      "peak_mag",
      {
        data: number((c) => ("peakMag" in c ? c.peakMag : undefined)),
        unit: "mag",
        doc: "Peak AB magnitude of a supernova in r.",
      },
    ],
    [
      "stretch",
      {
        data: number((c) => ("stretch" in c ? c.stretch : undefined)),
        doc: "Stretch of a supernova's time axis.",
      },
    ],
  ]);
}

/** Flux of every variable source in every visit. */
export function createTruthEpochs(survey: Survey): Table {
  const ids: number[] = [];
  const visits: number[] = [];
  const mjds: number[] = [];
  const fluxes: number[] = [];
  const bands: string[] = [];
  for (const exposure of survey.exposures) {
    if (exposure.visit === undefined) continue;
    for (const [index, curve] of survey.sky.lightCurves) {
      ids.push(survey.sky.objects.id[index]!);
      visits.push(exposure.id);
      bands.push(exposure.band);
      mjds.push(exposure.visit.midMjd);
      const mean = survey.sky.objects.flux.get(exposure.band)![index]!;
      fluxes.push(lightCurveFlux(curve, exposure.band, exposure.visit.midMjd, mean));
    }
  }
  return createTable([
    ["id", { data: Int32Array.from(ids), doc: "Identifier in truth_objects." }],
    ["visit", { data: BigInt64Array.from(visits, BigInt), doc: "Visit." }],
    ["band", { data: bands, doc: "Passband." }],
    ["mjd", { data: Float64Array.from(mjds), unit: "d", doc: "Middle of the exposure, TAI." }],
    ["flux", { data: Float64Array.from(fluxes), unit: "nJy", doc: "Flux at that time." }],
  ]);
}

/** Position and flux of every mover in every visit, on a detector or not. */
export function createTruthMovers(survey: Survey): Table {
  const rows = survey.exposures.flatMap((exposure) =>
    exposure.visit === undefined
      ? []
      : survey.sky.movers.map((mover) => ({
          mover,
          exposure,
          mjd: exposure.visit!.midMjd,
          ...moverPosition(mover, exposure.visit!.midMjd),
        })),
  );
  return createTable([
    [
      "mover_id",
      { data: Int32Array.from(rows, (row) => row.mover.id), doc: "Identifier of the mover, from 1." },
    ],
    ["visit", { data: BigInt64Array.from(rows, (row) => BigInt(row.exposure.id)), doc: "Visit." }],
    ["band", { data: rows.map((row) => row.exposure.band), doc: "Passband." }],
    [
      "mjd",
      { data: Float64Array.from(rows, (row) => row.mjd), unit: "d", doc: "Middle of the exposure, TAI." },
    ],
    ["ra", { data: Float64Array.from(rows, (row) => row.raDeg), unit: "deg", doc: "At that time." }],
    ["dec", { data: Float64Array.from(rows, (row) => row.decDeg), unit: "deg", doc: "At that time." }],
    [
      "flux",
      {
        data: Float64Array.from(rows, (row) => row.mover.flux[row.exposure.band]!),
        unit: "nJy",
        doc: "Flux.",
      },
    ],
    [
      "rate",
      {
        data: Float64Array.from(rows, (row) => row.mover.rateArcsecPerHour),
        unit: "arcsec/h",
        doc: "Rate of motion.",
      },
    ],
    [
      "angle",
      {
        data: Float64Array.from(rows, (row) => row.mover.angleDeg),
        unit: "deg",
        doc: "Direction of motion, east of north.",
      },
    ],
  ]);
}

/** Conditions of every visit. */
export function createTruthVisits(survey: Survey): Table {
  const visits = survey.exposures.filter((exposure) => exposure.visit !== undefined);
  const column = (
    unit: string,
    doc: string,
    pick: (visit: NonNullable<PlannedExposure["visit"]>) => number,
  ) => ({
    data: Float64Array.from(visits, (exposure) => pick(exposure.visit!)),
    unit,
    doc,
  });
  return createTable([
    [
      "visit",
      { data: BigInt64Array.from(visits, (exposure) => BigInt(exposure.id)), doc: "Visit (and exposure)." },
    ],
    ["band", { data: visits.map((exposure) => exposure.band), doc: "Passband." }],
    ["mjd", column("d", "Middle of the exposure, TAI.", (visit) => visit.midMjd)],
    ["ra", column("deg", "True boresight.", (visit) => visit.actual.raDeg)],
    ["dec", column("deg", "True boresight.", (visit) => visit.actual.decDeg)],
    [
      "rotator",
      column("deg", "True position angle of +y, east of north.", (visit) => visit.actual.rotatorDeg),
    ],
    ["commanded_ra", column("deg", "Boresight as the header says.", (visit) => visit.commanded.raDeg)],
    ["commanded_dec", column("deg", "Boresight as the header says.", (visit) => visit.commanded.decDeg)],
    [
      "commanded_rotator",
      column("deg", "Position angle as the header says.", (visit) => visit.commanded.rotatorDeg),
    ],
    ["airmass", column("", "Airmass.", (visit) => visit.airmass)],
    [
      "transparency",
      column("", "Share of the light that clouds let through.", (visit) => visit.transparency),
    ],
    [
      "zero_point",
      column("mag", "AB magnitude that gives one electron in the exposure.", (visit) => visit.zeroPointMag),
    ],
    ["sky", column("electron", "Sky per pixel at the field's centre.", (visit) => visit.skyElectrons)],
    ["fwhm", column("arcsec", "Seeing at the field's centre.", (visit) => visit.psf.fwhmArcsec)],
  ]);
}

/** The sources on every detector of one visit: where they fell and what they gave. Ids of movers are negative. */
export function createTruthSources(survey: Survey, exposure: PlannedExposure): Table {
  const parts = survey.camera.detectors.map((detector) => {
    const sources = visibleSources(survey, exposure, detector);
    const { width, height } = detector.bbox;
    const inside = Array.from({ length: sources.count }, (_, i) => i).filter(
      (i) =>
        sources.x[i]! >= -0.5 &&
        sources.y[i]! >= -0.5 &&
        sources.x[i]! < width - 0.5 &&
        sources.y[i]! < height - 0.5,
    );
    return { detector, sources, inside };
  });
  const optics = visitOptics(survey, exposure.visit!);
  const column = (pick: (part: (typeof parts)[number], i: number) => number): Float64Array =>
    Float64Array.from(parts.flatMap((part) => part.inside.map((i) => pick(part, i))));
  return createTable(
    [
      [
        "id",
        {
          data: Int32Array.from(column(({ sources }, i) => sources.id[i]!)),
          doc: "Identifier; negative for movers.",
        },
      ],
      ["detector", { data: Int32Array.from(column(({ detector }) => detector.id)), doc: "Detector." }],
      [
        "x",
        {
          data: column(({ sources }, i) => sources.x[i]!),
          unit: "pixel",
          doc: "Column, first pixel's centre at 0.",
        },
      ],
      [
        "y",
        {
          data: column(({ sources }, i) => sources.y[i]!),
          unit: "pixel",
          doc: "Row, first pixel's centre at 0.",
        },
      ],
      [
        "flux",
        {
          data: column(({ sources }, i) => sources.fluxNanojansky[i]!),
          unit: "nJy",
          doc: "Flux at the time.",
        },
      ],
      [
        "electrons",
        {
          data: column(({ sources }, i) => sources.electrons[i]!),
          unit: "electron",
          doc: "Expected electrons on an ideal detector.",
        },
      ],
      [
        "fwhm",
        {
          data: column(
            ({ sources, detector }, i) =>
              psfShapeOnDetector(optics, detector, sources.x[i]!, sources.y[i]!).fwhmArcsec,
          ),
          unit: "arcsec",
          doc: "Seeing there.",
        },
      ],
    ],
    { visit: String(exposure.id), band: exposure.band },
  );
}
