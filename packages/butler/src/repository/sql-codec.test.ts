import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "@almagest/base";
import { encodeUuid, forEachUuid, newDatasetId } from "./sql-codec.ts";

test("ids come out of one text as they went in, in either form", () => {
  const ids = Array.from({ length: 300 }, () => newDatasetId(createManualClock(1.7e12)));
  for (const dialect of ["sqlite", "postgresql"] as const) {
    const found: string[] = [];
    forEachUuid(ids.map((id) => encodeUuid(dialect, id)).join(""), ids.length, (id, index) => {
      found[index] = id;
    });
    assert.deepEqual(found, ids);
  }
});
