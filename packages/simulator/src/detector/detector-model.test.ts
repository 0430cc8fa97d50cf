import assert from "node:assert/strict";
import { test } from "node:test";
import { createSurveyOptions } from "../survey-options.ts";
import { createDetectorModel } from "./detector-model.ts";

test("vignetting: the corners of the camera get some 8 % less light than its centre, half way out hardly less", () => {
  const options = createSurveyOptions({ camera: { columns: 1, rows: 1, width: 512, height: 512 } });
  const response = createDetectorModel(options, 0).response("r");
  /** Median of the response at one distance from the centre along both diagonals, where 1 is the corner. */
  const at = (distance: number): number => {
    const values: number[] = [];
    for (const [signX, signY] of [
      [1, 1],
      [1, -1],
      [-1, 1],
      [-1, -1],
    ] as const) {
      for (let dy = -8; dy <= 8; dy++) {
        for (let dx = -8; dx <= 8; dx++) {
          const x = Math.round(255.5 + signX * distance * 247) + dx;
          const y = Math.round(255.5 + signY * distance * 247) + dy;
          values.push(response[y * 512 + x]!);
        }
      }
    }
    return values.sort((a, b) => a - b)[values.length >> 1]!;
  };
  const centre = at(0.05);
  assert.ok(Math.abs(at(1) / centre - 0.93) < 0.025, `${at(1) / centre}`);
  assert.ok(at(0.5) / centre > 0.97, `${at(0.5) / centre}`);
});
