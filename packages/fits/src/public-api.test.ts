import assert from "node:assert/strict";
import { test } from "node:test";
import * as fits from "./index.ts";

test("the room exports these values and no others", () => {
  assert.deepEqual(Object.keys(fits).sort(), [
    "FITS_ERRORS",
    "Header",
    "addChecksum",
    "bytesSource",
    "encodeChecksum",
    "encodeFits",
    "formatCard",
    "openFileSource",
    "openFits",
    "parseHeader",
    "writeFits",
  ]);
});
