import assert from "node:assert/strict";
import { test } from "node:test";
import { angularSeparationArcsec } from "@almagest/sphere";
import { createSurvey } from "../simulate-detector.ts";
import { createSurveyOptions } from "../survey-options.ts";
import { trueWcs } from "./visible-sources.ts";

test("optical distortion: it grows as the cube of the distance, to its share of the radius in the corner", () => {
  /** Distance on the sky from the camera's centre to a pixel on its diagonal. */
  const reach = (distortion: number, pixel: number): number => {
    const camera = { columns: 1, rows: 1, width: 1024, height: 1024, gapPixels: 0, distortion };
    const survey = createSurvey(
      createSurveyOptions({
        camera,
        bands: ["r"],
        visitsPerBand: 1,
        starsPerArcmin2: 1,
        galaxiesPerArcmin2: 1,
      }),
    );
    const { visit } = survey.exposures.find((exposure) => exposure.visit !== undefined)!;
    const wcs = trueWcs(survey.camera, survey.camera.detectors[0]!, visit!);
    const centre = wcs.pixelToSky(511.5, 511.5);
    const place = wcs.pixelToSky(511.5 + pixel, 511.5 + pixel);
    return angularSeparationArcsec(centre.raDeg, centre.decDeg, place.raDeg, place.decDeg);
  };
  const corner = Math.abs(reach(2e-3, 512) / reach(0, 512) - 1);
  const half = Math.abs(reach(2e-3, 256) / reach(0, 256) - 1);
  assert.ok(Math.abs(corner - 2e-3) < 2e-5, `${corner}`);
  assert.ok(Math.abs(half - 5e-4) < 1e-5, `${half}`);
});
