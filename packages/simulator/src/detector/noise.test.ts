import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { createNoiseStream } from "./noise.ts";

const COUNT = 200_000;

for (const mean of [0.3, 4, 11.9, 12.1, 80, 900, 40_000]) {
  test(`photon noise of mean ${mean} has its mean, variance and third moment`, () => {
    const data = new Float32Array(COUNT).fill(mean);
    createNoiseStream(createRandom(`poisson/${mean}`)).addPhotonNoise(data);
    assert.ok(data.every((value) => Number.isInteger(value) && value >= 0));
    let first = 0;
    let second = 0;
    let third = 0;
    for (const value of data) first += value / COUNT;
    for (const value of data) {
      second += (value - mean) ** 2 / COUNT;
      third += (value - mean) ** 3 / COUNT;
    }
    // Five standard errors of each estimate: all central moments of a Poisson distribution follow from its mean.
    assert.ok(Math.abs(first - mean) < 5 * Math.sqrt(mean / COUNT), `mean ${first}`);
    assert.ok(Math.abs(second - mean) < 5 * Math.sqrt((mean + 2 * mean ** 2) / COUNT), `variance ${second}`);
    assert.ok(
      Math.abs(third - mean) < 5 * Math.sqrt((mean + 25 * mean ** 2 + 15 * mean ** 3) / COUNT),
      `third ${third}`,
    );
  });
}

test("normal noise has its standard deviation and no skew; odd lengths work", () => {
  const data = new Float32Array(COUNT + 1);
  createNoiseStream(createRandom("normal")).addNormalNoise(data, 3);
  const moment = (power: number): number =>
    data.reduce((sum, value) => sum + (value / 3) ** power, 0) / data.length;
  assert.ok(Math.abs(moment(1)) < 0.012);
  assert.ok(Math.abs(moment(2) - 1) < 0.016);
  assert.ok(Math.abs(moment(3)) < 0.045);
  assert.ok(Math.abs(moment(4) - 3) < 0.12);
});

test("equal seeds give equal noise, and a stream goes on where it was", () => {
  const draw = (lengths: readonly number[]): number[] => {
    const stream = createNoiseStream(createRandom("again"));
    return lengths.flatMap((length) => {
      const data = new Float32Array(length).fill(50);
      stream.addPhotonNoise(data);
      return [...data];
    });
  };
  assert.deepEqual(draw([100]), draw([60, 40]));
});
