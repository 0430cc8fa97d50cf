import { defineTask, inputs, NoWorkFound, output, prerequisite } from "@almagest/pipeline";
import type { SkyMap } from "@almagest/sphere";
import { type Column, createTable, type Table } from "@almagest/tables";
import { z } from "zod";
import { mergeBands } from "./merge-bands.ts";

const dimensions = ["skymap", "tract", "patch"];

const config = z.object({
  priority: z
    .array(z.string())
    .default(["i", "r", "z", "y", "g", "u"])
    .describe("Bands in the order in which they start objects; others follow by name."),
  sameArcsec: z
    .number()
    .positive()
    .default(0.5)
    .describe("Detections nearer than this are one object, arcsec."),
  distinctArcsec: z
    .number()
    .positive()
    .default(1)
    .describe("Detections farther than this start an object, arcsec."),
});

/** Merges one patch's detections over bands into objects with one position each. */
export const mergeObjectsTask = defineTask({
  name: "mergeObjectDetection",
  pythonClasses: [
    "lsst.pipe.tasks.mergeDetections.MergeDetectionsTask",
    "lsst.pipe.tasks.mergeMeasurements.MergeMeasurementsTask",
  ],
  doc: "Merges one patch's detections over bands into objects with one position each.",
  dimensions,
  config,
  connections: () => ({
    sources: inputs<Table>({
      name: "deep_coadd_sources",
      storageClass: "ArrowTable",
      doc: "Detections of every band.",
      dimensions: ["skymap", "tract", "patch", "band"],
    }),
    skyMap: prerequisite<SkyMap>({
      name: "skyMap",
      storageClass: "SkyMap",
      doc: "Tracts and patches.",
      dimensions: ["skymap"],
    }),
    objects: output<Table>({
      name: "object_positions",
      storageClass: "ArrowTable",
      doc: "One row per object: position on the tract, and the row of each band's detection.",
      dimensions,
    }),
  }),
  async run(context, { sources, skyMap }) {
    const { priority, sameArcsec, distinctArcsec } = context.config;
    const rank = (band: string): number =>
      priority.includes(band) ? priority.indexOf(band) : priority.length;
    const bandSources = sources
      .map((table, k) => ({ band: String(context.inputDataIds.sources![k]!.band), sources: table }))
      .sort((a, b) => rank(a.band) - rank(b.band) || (a.band < b.band ? -1 : 1));
    const tract = skyMap.tract(Number(context.dataId.tract));
    const patch = tract.patch(Number(context.dataId.patch));
    const { x0, y0, width, height } = patch.innerBox;
    const scale = tract.wcs.pixelScaleArcsec(x0 + width / 2, y0 + height / 2);
    const merged = mergeBands(bandSources, { same: sameArcsec / scale, distinct: distinctArcsec / scale });
    if (merged.x.length === 0) throw new NoWorkFound("nothing was detected in any band");
    const raDeg = new Float64Array(merged.x.length);
    const decDeg = new Float64Array(merged.x.length);
    tract.wcs.pixelToSkyArrays(merged.x, merged.y, raDeg, decDeg);
    const columns: Array<[string, Column]> = [
      ["x", { data: merged.x, unit: "pixel", doc: "Tract pixel, centre of the first is 0." }],
      ["y", { data: merged.y, unit: "pixel", doc: "Tract pixel, centre of the first is 0." }],
      ["coord_ra", { data: raDeg, unit: "deg", doc: "Right ascension, ICRS." }],
      ["coord_dec", { data: decDeg, unit: "deg", doc: "Declination, ICRS." }],
      [
        "coord_err",
        {
          data: merged.error.map((e) => (e * scale) / 3600),
          unit: "deg",
          doc: "Standard error per coordinate on the sky.",
        },
      ],
      ["refBand", { data: [...merged.refBand].map((b) => merged.bands[b]!), doc: "Band of highest S/N." }],
      ...merged.bands.map((band, b): [string, Column] => [
        `${band}_row`,
        { data: merged.rows[b]!, doc: `Row in the ${band}-band detections, −1 for none.` },
      ]),
    ];
    context.setMetadata("objects", merged.x.length);
    return { objects: createTable(columns) };
  },
});
