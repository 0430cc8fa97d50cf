import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeFits, openFits } from "@almagest/fits";
import fc from "fast-check";
import { createBox } from "../box-algebra.ts";
import type { Exposure } from "../exposure.ts";
import { createMaskedImage } from "../planes/create-planes.ts";
import { primaryCards } from "./exposure-cards.ts";
import { readExposure } from "./read-exposure.ts";
import { exposureHdus } from "./write-exposure.ts";

test("whatever the metadata, the file can be written and gives them back", async () => {
  const value = fc.oneof(fc.string({ maxLength: 90 }), fc.double(), fc.integer(), fc.boolean());
  const key = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.stringMatching(/^[A-Z0-9_ .-]{1,30}$/),
    fc.constantFrom("NAXIS1", "COMMENT", "HISTORY", "END", "CD1_1", "BUNIT", "EXTNAME", "HIERARCH ESO X"),
  );
  const metadata = fc.dictionary(
    key.filter((k) => k !== "__proto__"),
    value,
    { maxKeys: 8 },
  );
  await fc.assert(
    fc.asyncProperty(metadata, async (entries) => {
      const planes = createMaskedImage(createBox(0, 0, 2, 2));
      const exposure: Exposure = { ...planes, unit: "nJy", metadata: { ...entries } };
      const back = await readExposure(encodeFits(exposureHdus(exposure)));
      assert.deepEqual(back.metadata, exposure.metadata);
    }),
    { numRuns: 150 },
  );
});

test("metadata show in the primary header, but not what would contradict the file", async () => {
  const planes = createMaskedImage(createBox(0, 0, 2, 2));
  const metadata = { observer: "Hypatia", CRVAL1: 5, NAXIS1: 99, BUNIT: "K", LONGKEYWORD: 2 };
  const exposure: Exposure = { ...planes, unit: "electron", metadata };
  const names = primaryCards(exposure).map(([keyword]) => keyword);
  assert.deepEqual(names, ["BUNIT", "OBSERVER", "LONGKEYWORD"]);
  const file = await openFits(encodeFits(exposureHdus(exposure)));
  assert.equal(file.hdu(0).header.get("OBSERVER"), "Hypatia");
  assert.equal(file.hdu(0).header.get("BUNIT"), "electron");
});
