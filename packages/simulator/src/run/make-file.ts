import { join } from "node:path";
import { assertNever } from "@almagest/base";
import { writeDefects } from "@almagest/images";
import { writeSimCamRaw } from "@almagest/instruments";
import { writeParquet } from "@almagest/tables";
import { rawExposureOf, type Survey, simulateDetector } from "../simulate-detector.ts";
import { createReferenceCatalog } from "../truth/reference-catalog.ts";
import {
  createTruthEpochs,
  createTruthMovers,
  createTruthObjects,
  createTruthSources,
  createTruthVariables,
  createTruthVisits,
} from "../truth/truth-tables.ts";
import type { SurveyFile, TruthName } from "./survey-files.ts";

const TRUTHS: Readonly<Record<TruthName, (survey: Survey) => ReturnType<typeof createTruthObjects>>> = {
  objects: createTruthObjects,
  variables: createTruthVariables,
  epochs: createTruthEpochs,
  movers: createTruthMovers,
  visits: createTruthVisits,
};

/** Makes one file of a survey under `directory`, whose folders exist; the file appears whole or not at all. */
export async function makeSurveyFile(survey: Survey, file: SurveyFile, directory: string): Promise<void> {
  const path = join(directory, file.path);
  switch (file.kind) {
    case "raw": {
      const exposure = survey.exposures[file.exposure]!;
      const { detector } = survey.detectorModel(file.detector);
      const segments = simulateDetector(survey, exposure, file.detector);
      return writeSimCamRaw(
        path,
        survey.options.camera,
        detector,
        rawExposureOf(survey, exposure, detector),
        segments,
      );
    }
    case "truth-sources":
      return writeParquet(path, createTruthSources(survey, survey.exposures[file.exposure]!));
    case "truth":
      return writeParquet(path, TRUTHS[file.table](survey));
    case "refcat":
      return writeParquet(path, createReferenceCatalog(survey).get(file.htm7)!);
    case "defects":
      return writeDefects(path, survey.detectorModel(file.detector).defects);
    default:
      return assertNever(file);
  }
}
