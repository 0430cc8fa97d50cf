import assert from "node:assert/strict";
import { test } from "node:test";
import { createSimCamCamera, DEFAULT_SIMCAM_OPTIONS } from "@almagest/instruments";
import { bleedCharge, fullWell } from "./bleed.ts";

const [detector] = createSimCamCamera({
  ...DEFAULT_SIMCAM_OPTIONS,
  columns: 1,
  rows: 1,
  width: 64,
  height: 128,
}).detectors;
const at = (x: number, y: number): number => y * 64 + x;

test("bleed: charge above the full well runs along its column, both ways, and none is lost in the middle", () => {
  const electrons = new Float32Array(64 * 128).fill(100);
  const well = fullWell(detector!, 0);
  electrons[at(3, 30)] = 5 * well;
  const before = electrons.reduce((sum, value) => sum + value, 0);
  bleedCharge(electrons, detector!);
  const after = electrons.reduce((sum, value) => sum + value, 0);
  assert.ok(Math.abs(after / before - 1) < 1e-6);
  for (const y of [29, 30, 31]) assert.ok(Math.abs(electrons[at(3, y)]! / well - 1) < 1e-6);
  assert.equal(electrons[at(2, 30)], 100);
  assert.equal(electrons[at(3, 40)], 100);
});

test("bleed: charge does not cross the middle of the detector", () => {
  const electrons = new Float32Array(64 * 128).fill(0);
  electrons[at(3, 62)] = 50 * fullWell(detector!, 0);
  bleedCharge(electrons, detector!);
  assert.equal(electrons[at(3, 64)], 0);
  assert.ok(electrons[at(3, 63)]! > 1e4);
});
