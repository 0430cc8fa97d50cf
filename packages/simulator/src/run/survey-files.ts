import { join } from "node:path";
import { simCamObservationId } from "@almagest/instruments";
import type { PlannedExposure } from "../plan/exposures.ts";
import type { Survey } from "../simulate-detector.ts";

/** One file of a survey and how it is made. Paths are relative to the survey's folder. */
export type SurveyFile =
  | { readonly kind: "raw"; readonly path: string; readonly exposure: number; readonly detector: number }
  | { readonly kind: "truth-sources"; readonly path: string; readonly exposure: number }
  | { readonly kind: "truth"; readonly path: string; readonly table: TruthName }
  | { readonly kind: "defects"; readonly path: string; readonly detector: number }
  | { readonly kind: "refcat"; readonly path: string; readonly htm7: number };

/** The truth tables of which there is one each. */
export type TruthName = "objects" | "variables" | "epochs" | "movers" | "visits";

/** Path of the raw file of one detector of one exposure. */
export function rawPath(survey: Survey, exposure: PlannedExposure, detectorId: number): string {
  const name = `${simCamObservationId(exposure.dayObs, exposure.seqNum)}_${survey.camera.detectors[detectorId]!.name}.fits`;
  return join("raw", String(exposure.dayObs), name);
}

/** All files of a survey, `shards` being the pixels of its reference catalogue; exposures by index in the plan. */
export function listSurveyFiles(survey: Survey, shards: readonly number[]): SurveyFile[] {
  const truths: readonly TruthName[] = ["objects", "variables", "epochs", "movers", "visits"];
  return [
    ...survey.camera.detectors.map(
      (detector): SurveyFile => ({
        kind: "defects",
        path: join("calib", `defects_${detector.name}.json`),
        detector: detector.id,
      }),
    ),
    ...truths.map(
      (table): SurveyFile => ({ kind: "truth", path: join("truth", `truth_${table}.parquet`), table }),
    ),
    ...shards.map(
      (htm7): SurveyFile => ({ kind: "refcat", path: join("refcat", `htm7_${htm7}.parquet`), htm7 }),
    ),
    ...survey.exposures.flatMap((exposure, index): SurveyFile[] => [
      ...survey.camera.detectors.map(
        ({ id }): SurveyFile => ({
          kind: "raw",
          path: rawPath(survey, exposure, id),
          exposure: index,
          detector: id,
        }),
      ),
      ...(exposure.visit === undefined
        ? []
        : [
            {
              kind: "truth-sources" as const,
              path: join("truth", `truth_sources_${exposure.id}.parquet`),
              exposure: index,
            },
          ]),
    ]),
  ];
}
