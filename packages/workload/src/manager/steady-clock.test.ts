import assert from "node:assert/strict";
import { test } from "node:test";
import { createSteadyClock } from "./steady-clock.ts";

test("a machine's clock that is put forward or back does not move the steady one", () => {
  let wall = 1_700_000_000_000;
  let monotonic = 5000;
  const clock = createSteadyClock({ wallMs: () => wall, monotonicMs: () => monotonic });
  assert.equal(clock.nowMs(), 1_700_000_000_000);
  wall += 86_400_000;
  monotonic += 10;
  assert.equal(clock.nowMs(), 1_700_000_000_010);
  wall -= 7 * 86_400_000;
  monotonic += 10;
  assert.equal(clock.nowMs(), 1_700_000_000_020);
});
