import { join } from "node:path";
import type { SurveyManifest } from "@almagest/simulator";
import { getNumbers, readParquet, type Table } from "@almagest/tables";

/** What is really on the sky of a synthetic survey: parallel arrays, fluxes (nJy) per band. */
export interface TruthObjects {
  readonly count: number;
  readonly id: Float64Array;
  readonly isStar: Uint8Array;
  /** Variable stars, and supernovae: their mean flux is not the flux listed. */
  readonly isVariable: Uint8Array;
  readonly raDeg: Float64Array;
  readonly decDeg: Float64Array;
  readonly flux: ReadonlyMap<string, Float64Array>;
}

/** Reads the truth of a survey's objects. How variable ones change is in tables of their own. */
export async function readTruth(survey: string, manifest: SurveyManifest): Promise<TruthObjects> {
  const path = manifest.truth.find((file) => file.endsWith("truth_objects.parquet"))!;
  const table: Table = await readParquet(join(survey, path));
  const kinds = table.columns.get("kind")!.data as string[];
  const numbers = (name: string): Float64Array => Float64Array.from(getNumbers(table, name));
  return {
    count: table.rows,
    id: numbers("id"),
    isStar: Uint8Array.from(kinds, (kind) => (kind === "star" ? 1 : 0)),
    isVariable: Uint8Array.from(kinds, (kind) => (kind === "star" || kind === "galaxy" ? 0 : 1)),
    raDeg: numbers("ra"),
    decDeg: numbers("dec"),
    flux: new Map(manifest.options.bands.map((band) => [band, numbers(`${band}_flux`)])),
  };
}
