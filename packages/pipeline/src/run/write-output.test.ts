import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { LocatedDataset } from "@almagest/butler";
import { createMaskedImage } from "@almagest/images";
import { checksumFile } from "@almagest/resources";
import { exposureFormatter } from "../formatters/exposure-formatter.ts";
import { createStandardFormatters } from "../formatters/standard-formatters.ts";
import { writeOutput } from "./write-output.ts";

const formatters = createStandardFormatters();
const located = {
  ref: { datasetType: { name: "image" } },
  storageClass: "ExposureF",
  formatter: exposureFormatter.name,
  path: "a/image.fits",
} as unknown as LocatedDataset;

test("the checksum that is taken while an exposure is written is that of its file", async (t) => {
  const root = mkdtempSync(join(tmpdir(), "almagest-output-"));
  t.after(() => rmSync(root, { recursive: true }));
  const image = createMaskedImage({ x0: 0, y0: 0, width: 700, height: 500 });
  const exposure = { ...image, unit: "electron" as const, metadata: {} };
  exposure.image.data.forEach((_, i, data) => {
    data[i] = i % 977;
  });
  const file = await writeOutput(root, formatters, located, exposure, true);
  assert.deepEqual(file, await checksumFile(join(root, located.path)));
  assert.deepEqual(await writeOutput(root, formatters, located, exposure, false), {
    sizeBytes: file.sizeBytes,
  });
  const broken = { ...exposure, unit: "electron", psf: { kind: "no such" } };
  await assert.rejects(writeOutput(root, formatters, located, broken, true));
  assert.deepEqual(readdirSync(join(root, "a")), ["image.fits"], "a failed write leaves nothing");
});
