import type { Butler } from "@almagest/butler";
import { getColumn, getNumbers, type Table } from "@almagest/tables";

/** One detector of one visit, from the visit summaries. */
export interface DetectorFacts {
  readonly visit: number;
  readonly detector: number;
  readonly band: string;
  readonly cornersDeg: ReadonlyArray<readonly [raDeg: number, decDeg: number]>;
  readonly fwhmArcsec: number;
  readonly zeroPoint: number;
  readonly astrometryScatterMas: number;
  readonly pointingErrorArcsec: number;
}

/** Reads every visit summary of a run. */
export async function readVisitFacts(butler: Butler, run: string): Promise<DetectorFacts[]> {
  const bands = new Map(
    (await butler.queryRecords("physical_filter")).map((record) => [
      String(record.name),
      String(record.band),
    ]),
  );
  const facts: DetectorFacts[] = [];
  for (const ref of await butler.queryDatasets("visit_summary", { collections: run })) {
    const table = (await butler.get(ref)) as Table;
    const filters = getColumn(table, "physical_filter").data as string[];
    const numbers = (name: string): ArrayLike<number> => getNumbers(table, name);
    const [ra, dec] = [getColumn(table, "raCorners").data, getColumn(table, "decCorners").data];
    for (let row = 0; row < table.rows; row++) {
      facts.push({
        visit: Number(ref.dataId.visit),
        detector: numbers("detector")[row]!,
        band: bands.get(filters[row]!) ?? filters[row]!,
        cornersDeg: [0, 1, 2, 3].map((k) => [Number(ra[row * 4 + k]), Number(dec[row * 4 + k])] as const),
        fwhmArcsec: numbers("psfFwhmArcsec")[row]!,
        zeroPoint: numbers("zeroPoint")[row]!,
        astrometryScatterMas: numbers("astrometryScatterArcsec")[row]! * 1000,
        pointingErrorArcsec: numbers("pointingErrorArcsec")[row]!,
      });
    }
  }
  return facts.sort((a, b) => a.visit - b.visit || a.detector - b.detector);
}
