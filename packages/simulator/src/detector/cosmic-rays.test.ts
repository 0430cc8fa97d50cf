import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { createSurvey, simulateDetector } from "../simulate-detector.ts";
import { createSurveyOptions } from "../survey-options.ts";
import { addCosmicRays } from "./cosmic-rays.ts";

const blank = (size: number) => ({ width: size, height: size, data: new Float32Array(size * size) });

test("cosmic rays: as many as area and time ask for, with the charge of a muon's path through silicon", () => {
  const canvas = blank(1000);
  const seconds = 2400;
  const count = addCosmicRays(canvas, seconds, createRandom("rays"));
  const expected = 2.7e-7 * 1000 * 1000 * seconds;
  assert.ok(Math.abs(count - expected) < 4 * Math.sqrt(expected), `${count} for ${expected}`);
  const charge = canvas.data.reduce((sum, value) => sum + value, 0) / count;
  // Steps: one more than the whole pixels of an exponential of mean 12; each leaves 900 e⁻, more by its log-normal's mean.
  const steps = 1 + 1 / (1 - Math.exp(-1 / 12));
  const perStep = 900 * Math.exp(0.35 ** 2 / 2);
  assert.ok(Math.abs(charge / (steps * perStep) - 1) < 0.12, `${charge} for ${steps * perStep}`);
});

test("cosmic rays: each is a straight line, its light sharper than any star's", () => {
  let tracks = 0;
  for (let seed = 0; tracks < 12; seed++) {
    const canvas = blank(256);
    // About one ray per frame; frames with another number are passed over.
    if (addCosmicRays(canvas, 60, createRandom(`track/${seed}`)) !== 1) continue;
    tracks++;
    let [sum, sx, sy, sxx, sxy, syy] = [0, 0, 0, 0, 0, 0];
    let total = 0;
    canvas.data.forEach((value, i) => {
      total += value;
      // The path itself; what diffuses is at most a few per cent of its pixel.
      if (value < 400) return;
      const [x, y] = [i % 256, Math.floor(i / 256)];
      sum++;
      sx += x;
      sy += y;
      sxx += x * x;
      sxy += x * y;
      syy += y * y;
    });
    assert.ok(total > 300, `${total}`);
    if (sum < 2) continue;
    const [xx, xy, yy] = [
      sxx / sum - (sx / sum) ** 2,
      sxy / sum - (sx * sy) / sum ** 2,
      syy / sum - (sy / sum) ** 2,
    ];
    const across = (xx + yy) / 2 - Math.hypot((xx - yy) / 2, xy);
    // Pixels that a line passes through scatter by less than half a pixel about it.
    assert.ok(across < 0.5 ** 2, `${across}`);
  }
});

test("cosmic rays: dark frames have them where they are asked for, biases never", () => {
  const options = {
    camera: { columns: 1, rows: 1, width: 256, height: 256 },
    bands: ["r"],
    visitsPerBand: 0,
    biases: 1,
    darks: 1,
    darkSec: 2400,
    flats: 0,
    noise: false,
  };
  const [lit, plain] = [true, false].map((cosmicRays) =>
    createSurvey(createSurveyOptions({ ...options, cosmicRays })),
  );
  const { detector } = lit!.detectorModel(0);
  for (const exposure of lit!.exposures) {
    const [a, b] = [lit!, plain!].map((survey) => simulateDetector(survey, exposure, 0));
    let electrons = 0;
    detector.amplifiers.forEach(({ gain }, index) => {
      a![index]!.forEach((value, i) => {
        electrons += gain * (value - b![index]![i]!);
      });
    });
    if (exposure.type === "BIAS") assert.equal(electrons, 0);
    else {
      const canvas = { width: 256, height: 256, data: new Float32Array(256 * 256) };
      const random = createRandom(`${lit!.options.seed}/exposure/${exposure.id}/0`);
      const count = addCosmicRays(canvas, exposure.darkSec, random.fork("cosmic-rays"));
      const deposited = canvas.data.reduce((sum, value) => sum + value, 0);
      assert.ok(
        count > 20 && Math.abs(electrons / deposited - 1) < 0.01,
        `${count}: ${electrons}, ${deposited}`,
      );
    }
  }
});
