import { createRandom } from "@almagest/base";
import { createHtmPixelization, createUnitVector } from "@almagest/sphere";
import { createTable, type Table } from "@almagest/tables";
import { nanojanskyToMag } from "../optics/bands.ts";
import type { Survey } from "../simulate-detector.ts";
import { OBJECT_KINDS } from "../sky/sky-objects.ts";

/** Magnitudes (r, or the first band) between which the catalogue has stars. */
const BRIGHTEST_MAG = 15;
const FAINTEST_MAG = 22;

/** Error of a coordinate (arcsec) and relative error of a flux at a magnitude: a floor, and photons for the faint. */
function referenceErrors(mag: number): { positionArcsec: number; flux: number } {
  const faint = 10 ** (0.4 * (mag - 20));
  return {
    positionArcsec: Math.hypot(0.006, 0.008 * Math.sqrt(faint)),
    flux: Math.hypot(0.005, 0.008 * Math.sqrt(faint)),
  };
}

/**
 * The survey's reference catalogue, as LSST's: stars (variables among them) with positions in degrees and fluxes in nJy, off
 * the truth by their errors; one table per HTM pixel of level 7.
 */
export function createReferenceCatalog(survey: Survey): Map<number, Table> {
  const { objects } = survey.sky;
  const htm = createHtmPixelization(7);
  const bands = [...objects.flux.keys()];
  const mainBand = bands.includes("r") ? "r" : bands[0]!;
  const random = createRandom(`${survey.options.seed}/reference`);
  const galaxy = OBJECT_KINDS.indexOf("galaxy");
  const supernova = OBJECT_KINDS.indexOf("supernova");

  interface Row {
    readonly id: number;
    readonly raDeg: number;
    readonly decDeg: number;
    readonly raErr: number;
    readonly flux: number[];
    readonly fluxErr: number[];
  }
  const shards = new Map<number, Row[]>();
  for (let index = 0; index < objects.count; index++) {
    if (objects.kind[index] === galaxy || objects.kind[index] === supernova) continue;
    const mag = nanojanskyToMag(objects.flux.get(mainBand)![index]!);
    if (mag < BRIGHTEST_MAG || mag > FAINTEST_MAG) continue;
    const { positionArcsec } = referenceErrors(mag);
    const decDeg = objects.decDeg[index]! + (positionArcsec * random.normal()) / 3600;
    const cosDec = Math.cos((decDeg * Math.PI) / 180);
    const raDeg = objects.raDeg[index]! + (positionArcsec * random.normal()) / 3600 / cosDec;
    const flux: number[] = [];
    const fluxErr: number[] = [];
    for (const band of bands) {
      const truth = objects.flux.get(band)![index]!;
      const error = truth * referenceErrors(nanojanskyToMag(truth)).flux;
      flux.push(truth + error * random.normal());
      fluxErr.push(error);
    }
    const shard = htm.indexOf(createUnitVector(raDeg, decDeg));
    const rows = shards.get(shard) ?? [];
    shards.set(shard, rows);
    rows.push({ id: objects.id[index]!, raDeg, decDeg, raErr: positionArcsec / 3600, flux, fluxErr });
  }
  return new Map(
    [...shards].map(([shard, rows]) => [
      shard,
      createTable(
        [
          ["id", { data: BigInt64Array.from(rows, (row) => BigInt(row.id)), doc: "Identifier." }],
          [
            "coord_ra",
            { data: Float64Array.from(rows, (row) => row.raDeg), unit: "deg", doc: "Right ascension, ICRS." },
          ],
          [
            "coord_dec",
            { data: Float64Array.from(rows, (row) => row.decDeg), unit: "deg", doc: "Declination, ICRS." },
          ],
          [
            "coord_raErr",
            { data: Float64Array.from(rows, (row) => row.raErr), unit: "deg", doc: "Error times cos(dec)." },
          ],
          [
            "coord_decErr",
            {
              data: Float64Array.from(rows, (row) => row.raErr),
              unit: "deg",
              doc: "Error of the declination.",
            },
          ],
          ...bands.flatMap((band, k) => [
            [
              `${band}_flux`,
              { data: Float64Array.from(rows, (row) => row.flux[k]!), unit: "nJy", doc: `Flux in ${band}.` },
            ] as const,
            [
              `${band}_fluxErr`,
              { data: Float64Array.from(rows, (row) => row.fluxErr[k]!), unit: "nJy", doc: "Its error." },
            ] as const,
          ]),
        ],
        { REFCAT_FORMAT_VERSION: "2", htm7: String(shard) },
      ),
    ]),
  );
}
