import { parentPort, workerData } from "node:worker_threads";
import { createSurvey } from "../simulate-detector.ts";
import type { SurveyOptions } from "../survey-options.ts";
import { makeSurveyFile } from "./make-file.ts";
import type { SurveyFile } from "./survey-files.ts";

/** What a worker is given when it starts. */
export interface SurveyWorkerData {
  readonly options: SurveyOptions;
  readonly directory: string;
}

const { options, directory } = workerData as SurveyWorkerData;
const survey = createSurvey(options);

parentPort!.on("message", async (file: SurveyFile) => {
  await makeSurveyFile(survey, file, directory);
  parentPort!.postMessage(file.path);
});
