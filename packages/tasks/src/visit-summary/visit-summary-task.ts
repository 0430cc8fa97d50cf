import type { Box, Exposure } from "@almagest/images";
import { type DatasetHandle, defineTask, inputs, output } from "@almagest/pipeline";
import type { SkyWcs } from "@almagest/sphere";
import { type Column, createTable, type Table } from "@almagest/tables";
import { z } from "zod";

/** A figure that calibrateImage leaves in each image's metadata, as a column. */
const FIGURES: ReadonlyArray<readonly [key: string, unit: string, doc: string]> = [
  ["sources", "", "Sources measured."],
  ["psfStars", "", "Stars that shaped the PSF model."],
  ["psfSigmaPixels", "pixel", "PSF width (Gaussian sigma) at the centre."],
  ["psfFwhmArcsec", "arcsec", "PSF full width at half maximum at the centre."],
  ["pixelScaleArcsec", "arcsec", "Pixel scale at the centre."],
  ["noiseScale", "", "Scatter of the sky's PSF fluxes over their stated error."],
  ["astrometryStars", "", "Reference stars in the fit of positions."],
  ["astrometryScatterArcsec", "arcsec", "Scatter of positions against the reference, per coordinate."],
  ["pointingErrorArcsec", "arcsec", "How far the header's WCS was off."],
  ["photometryStars", "", "Reference stars in the zero point."],
  ["zeroPoint", "mag", "AB magnitude of one electron."],
  ["zeroPointErr", "mag", "Standard error of the zero point."],
  ["zeroPointScatter", "mag", "Scatter of stars about the zero point."],
];

interface DetectorRow {
  readonly detector: number;
  readonly bbox: Box;
  readonly wcs: SkyWcs | undefined;
  readonly metadata: Exposure["metadata"];
}

function positionColumns(rows: readonly DetectorRow[]): Array<[string, Column]> {
  const corners = rows.map(({ bbox, wcs }) => {
    const [x0, y0] = [bbox.x0 - 0.5, bbox.y0 - 0.5];
    const [x1, y1] = [x0 + bbox.width, y0 + bbox.height];
    const points: ReadonlyArray<readonly [number, number]> = [
      [(x0 + x1) / 2, (y0 + y1) / 2],
      [x0, y0],
      [x1, y0],
      [x1, y1],
      [x0, y1],
    ];
    return points.map(([x, y]) => wcs?.pixelToSky(x, y) ?? { raDeg: Number.NaN, decDeg: Number.NaN });
  });
  const pick = (k: number, axis: "raDeg" | "decDeg"): Float64Array =>
    Float64Array.from(corners, (c) => c[k]![axis]);
  const corner = (axis: "raDeg" | "decDeg"): Float64Array =>
    Float64Array.from(corners.flatMap((c) => c.slice(1).map((p) => p[axis])));
  return [
    ["ra", { data: pick(0, "raDeg"), unit: "deg", doc: "Right ascension of the detector's centre." }],
    ["dec", { data: pick(0, "decDeg"), unit: "deg", doc: "Declination of the detector's centre." }],
    [
      "raCorners",
      { data: corner("raDeg"), width: 4, unit: "deg", doc: "Corners, lower left first, counter-clockwise." },
    ],
    [
      "decCorners",
      { data: corner("decDeg"), width: 4, unit: "deg", doc: "Corners, lower left first, counter-clockwise." },
    ],
  ];
}

/** Gathers what each detector of a visit knows of itself into one table. */
export const visitSummaryTask = defineTask({
  name: "consolidateVisitSummary",
  pythonClasses: ["lsst.pipe.tasks.postprocess.ConsolidateVisitSummaryTask"],
  doc: "Gathers what each detector of a visit knows of itself into one table.",
  dimensions: ["instrument", "visit"],
  config: z.object({}),
  connections: () => ({
    images: inputs<DatasetHandle<Exposure>>({
      name: "preliminary_visit_image",
      storageClass: "ExposureF",
      doc: "Calibrated images of the visit's detectors.",
      dimensions: ["instrument", "visit", "detector"],
      deferLoad: true,
    }),
    summary: output<Table>({
      name: "visit_summary",
      storageClass: "ArrowTable",
      doc: "One row per detector.",
      dimensions: ["instrument", "visit"],
    }),
  }),
  async run(context, { images }) {
    const rows: DetectorRow[] = [];
    for (const image of images) {
      rows.push({
        detector: Number(image.dataId.detector),
        bbox: (await image.get({ component: "bbox" })) as Box,
        wcs: (await image.get({ component: "wcs" })) as SkyWcs | undefined,
        metadata: (await image.get({ component: "metadata" })) as Exposure["metadata"],
      });
    }
    rows.sort((a, b) => a.detector - b.detector);
    const record = context.records.visit ?? {};
    const repeat = (value: unknown): string[] => rows.map(() => String(value ?? ""));
    const columns: Array<[string, Column]> = [
      ["visit", { data: BigInt64Array.from(rows, () => BigInt(context.dataId.visit!)), doc: "Visit." }],
      ["detector", { data: Int32Array.from(rows, (row) => row.detector), doc: "Detector." }],
      ["physical_filter", { data: repeat(record.physical_filter), doc: "Filter." }],
      ...positionColumns(rows),
      ...FIGURES.map(([key, unit, doc]): [string, Column] => [
        key,
        { data: Float64Array.from(rows, (row) => Number(row.metadata[key] ?? Number.NaN)), unit, doc },
      ]),
    ];
    return { summary: createTable(columns) };
  },
});
