import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom, silentLogger } from "@almagest/base";
import { isrTask } from "./isr-task.ts";
import { createSyntheticRaw } from "./synthetic-raw.ts";

test("only the calibrations that are wanted are asked for, and they may be optional", () => {
  const all = isrTask.connections(isrTask.config.parse({}));
  assert.deepEqual(Object.keys(all), ["ccdExposure", "bias", "dark", "flat", "defects", "outputExposure"]);
  assert.equal(all.bias.minimum, 1);
  const few = isrTask.connections(
    isrTask.config.parse({ doDark: false, doFlat: false, calibrationsOptional: true }),
  );
  assert.deepEqual(Object.keys(few), ["ccdExposure", "bias", "defects", "outputExposure"]);
  assert.equal(few.bias.minimum, 0);
});

test("a quantum turns a raw exposure into an image and figures of its quality", async () => {
  const config = isrTask.config.parse({ calibrationsOptional: true });
  const figures = new Map<string, unknown>();
  const context = {
    label: "isr",
    config,
    dataId: { instrument: "Synthetic", exposure: 1, detector: 0 },
    records: {},
    inputDataIds: {},
    outputDataIds: {},
    log: silentLogger,
    random: createRandom("isr"),
    setMetadata: (key: string, value: unknown) => void figures.set(key, value),
  };
  const raw = createSyntheticRaw(() => 500);
  // Optional inputs that were not found are undefined at run time.
  const inputs = { ccdExposure: raw } as unknown as Parameters<typeof isrTask.run>[1];
  const { outputExposure } = await isrTask.run(context, inputs);
  assert.equal(outputExposure?.unit, "electron");
  assert.ok(Math.abs(Number(figures.get("medianElectrons")) - 500) < 3);
  assert.ok(Number(figures.get("readNoiseElectrons.C00")) > 4);
});

test("every option has a default and a description", () => {
  for (const [name, field] of Object.entries(isrTask.config.shape)) {
    assert.ok(field.description || name === "overscan" || name === "cosmicRay", name);
  }
});
