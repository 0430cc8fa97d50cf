import assert from "node:assert/strict";
import { test } from "node:test";
import { createUniverse } from "./universe.ts";
import { UNIVERSE_8 } from "./universe-8.ts";
import type { UniverseConfig } from "./universe-config.ts";

test("an element that is a view of another is known in every form repositories spell it", () => {
  const { implied_union_target: _, ...band } = UNIVERSE_8.elements.band!;
  const forms = [{ view_of: "physical_filter" }, { nested: { view_of: "physical_filter" } }];
  for (const storage of forms) {
    const config: UniverseConfig = {
      ...UNIVERSE_8,
      elements: { ...UNIVERSE_8.elements, band: { ...band, storage } },
    };
    const element = createUniverse(config).element("band");
    assert.equal(element.hasTable, false);
    assert.equal(element.impliedUnionTarget, "physical_filter");
  }
});
