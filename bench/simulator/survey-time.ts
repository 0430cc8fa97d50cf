import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSurvey, DEFAULT_SURVEY_OPTIONS, simulateDetector, simulateSurvey } from "@almagest/simulator";
import type { Bar } from "../../scripts/bar.ts";

/** Seconds of one exposure of one of the demonstration's detectors, the median of five. */
function timeDetector(): number {
  const survey = createSurvey(DEFAULT_SURVEY_OPTIONS);
  const visits = survey.exposures.filter((exposure) => exposure.visit !== undefined);
  simulateDetector(survey, visits[0]!, 0);
  const times = visits.slice(1, 6).map((exposure) => {
    const begin = performance.now();
    simulateDetector(survey, exposure, 0);
    return (performance.now() - begin) / 1000;
  });
  return times.sort((a, b) => a - b)[2]!;
}

export const bars: Bar[] = [
  {
    name: "the demonstration's survey, 140 raw files, two workers",
    goal: "≤ 25 s",
    async measure() {
      const folder = await mkdtemp(join(tmpdir(), "survey-bench-"));
      try {
        const begin = performance.now();
        await simulateSurvey(folder, {}, { workers: 2 });
        const seconds = (performance.now() - begin) / 1000;
        return { figure: `${seconds.toFixed(1)} s`, pass: seconds <= 25 };
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  },
  {
    name: "one visit of one 1024 × 1024 detector",
    goal: "≤ 0.6 s",
    async measure() {
      const seconds = timeDetector();
      return { figure: `${seconds.toFixed(2)} s`, pass: seconds <= 0.6 };
    },
  },
];
