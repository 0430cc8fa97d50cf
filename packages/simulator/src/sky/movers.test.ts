import assert from "node:assert/strict";
import { test } from "node:test";
import { angularSeparationArcsec } from "@almagest/sphere";
import { createSurvey, visibleSources } from "../simulate-detector.ts";
import { createSurveyOptions } from "../survey-options.ts";
import { createTruthMovers } from "../truth/truth-tables.ts";
import { moverPosition } from "./movers.ts";

const survey = createSurvey(
  createSurveyOptions({
    camera: { columns: 1, rows: 1, width: 1024, height: 1024 },
    bands: ["r", "i"],
    visitsPerBand: 3,
    movers: 30,
  }),
);

test("movers: each goes its rate along a great circle, through its place at its epoch", () => {
  for (const mover of survey.sky.movers) {
    const start = moverPosition(mover, mover.epochMjd);
    assert.ok(angularSeparationArcsec(start.raDeg, start.decDeg, mover.raDeg, mover.decDeg) < 1e-6);
    for (const hours of [-5, 0.5, 30]) {
      const place = moverPosition(mover, mover.epochMjd + hours / 24);
      const distance = angularSeparationArcsec(start.raDeg, start.decDeg, place.raDeg, place.decDeg);
      assert.ok(Math.abs(distance - Math.abs(hours) * mover.rateArcsecPerHour) < 1e-4);
    }
  }
});

test("movers: those on a detector shine at another place in each visit, the truth's", () => {
  const truth = createTruthMovers(survey);
  assert.equal(truth.rows, 30 * survey.exposures.filter(({ visit }) => visit !== undefined).length);
  const seen = new Map<number, Set<number>>();
  for (const exposure of survey.exposures) {
    if (exposure.visit === undefined) continue;
    const sources = visibleSources(survey, exposure, survey.camera.detectors[0]!);
    for (let i = 0; i < sources.count; i++) {
      const id = sources.id[i]!;
      if (id < 0) seen.set(id, (seen.get(id) ?? new Set()).add(Math.round(sources.x[i]! * 10)));
    }
  }
  assert.ok(seen.size >= 5, `${seen.size} movers on the detector`);
  assert.ok([...seen.values()].some((places) => places.size > 1));
});
