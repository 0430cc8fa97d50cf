import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { createSurveyOptions } from "../survey-options.ts";
import { createDetectorModel } from "./detector-model.ts";
import { readOut } from "./read-out.ts";

const model = createDetectorModel(
  createSurveyOptions({ camera: { columns: 1, rows: 1, width: 64, height: 64 } }),
  0,
);
const { detector } = model;
const options = { noise: false, random: createRandom("read-out") };

test("crosstalk adds a share of the electrons that another amplifier reads at the same moment", () => {
  const dark = readOut(new Float32Array(64 * 64), model, options);
  const electrons = new Float32Array(64 * 64);
  const source = 2;
  const { bbox, flipX, flipY } = detector.amplifiers[source]!;
  const [row, column] = [11, 5];
  const place = (box: typeof bbox, mirrorX: boolean, mirrorY: boolean): number =>
    (box.y0 + (mirrorY ? box.height - 1 - row : row)) * 64 +
    box.x0 +
    (mirrorX ? box.width - 1 - column : column);
  electrons[place(bbox, flipX, flipY)] = 90_000;
  // A level that makes the digits of small signals fine enough to see: their sum over many levels.
  const lit = readOut(electrons, model, options);
  detector.amplifiers.forEach((amplifier, target) => {
    const { rawBox, rawDataBox } = amplifier;
    const at = (rawDataBox.y0 + row) * rawBox.width + rawDataBox.x0 + column;
    const step = lit[target]![at]! - dark[target]![at]!;
    const share = target === source ? 1 : detector.crosstalk[target]![source]!;
    assert.ok(Math.abs(step - (share * 90_000) / amplifier.gain) <= 1, `${amplifier.name}: ${step}`);
    const elsewhere = lit[target]!.reduce(
      (sum, value, i) => sum + (i === at ? 0 : value - dark[target]![i]!),
      0,
    );
    assert.equal(elsewhere, 0);
  });
});

test("digits end at 16 bits", () => {
  const lit = readOut(new Float32Array(64 * 64).fill(1e6), model, options);
  const { rawBox, rawDataBox } = detector.amplifiers[0]!;
  assert.equal(lit[0]![rawDataBox.y0 * rawBox.width + rawDataBox.x0], 65_535);
});
