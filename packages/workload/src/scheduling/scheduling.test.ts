import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { chooseQueue, queueRoom, wantsJobs } from "./choose-queue.ts";
import { createLearnedUse, learnUse, predictRequest } from "./learn-usage.ts";
import { refuseQueue } from "./refuse-queue.ts";
import { DEFAULT_REQUEST, type Queue } from "./resources.ts";
import { DEFAULT_RETRY_RULES, decideRetry, type RetryRule } from "./retry-rules.ts";

const queue: Queue = {
  id: 1,
  name: "Q",
  facility: "US",
  status: "online",
  cores: 8,
  memoryMb: 16_000,
  wallSec: 100_000,
  diskMb: 20_000,
  software: ["w_2026_30"],
  backlog: 10,
};

test("each rule of brokerage refuses with its own code", () => {
  const cases: [string, Partial<typeof DEFAULT_REQUEST>, Partial<Queue>][] = [
    ["status", {}, { status: "drain" }],
    ["facility", { facility: "FR" }, {}],
    ["data", { inputsAt: ["UK", "FR"] }, {}],
    ["software", { software: "w_2026_31" }, {}],
    ["cores", { cores: 16 }, {}],
    ["memory", { memoryMb: 16_001 }, {}],
    ["walltime", { wallSec: 100_001 }, {}],
    ["disk", { diskMb: 20_001 }, {}],
    ["storage", { outputMb: 501 } as object, { storageFreeMb: 500 }],
  ];
  for (const [code, request, changes] of cases) {
    const refusal = refuseQueue({ ...DEFAULT_REQUEST, ...request }, { ...queue, ...changes });
    assert.equal(refusal?.code, code);
  }
  assert.equal(refuseQueue(DEFAULT_REQUEST, queue), undefined);
});

test("a queue keeps as many waiting as run, within its limit", () => {
  assert.equal(queueRoom({ queue, activated: 0, running: 0 }), 10);
  assert.equal(queueRoom({ queue, activated: 10, running: 50 }), 40);
  assert.equal(queueRoom({ queue: { ...queue, maxActive: 55 }, activated: 10, running: 40 }), 5);
  assert.equal(queueRoom({ queue, activated: 12, running: 3 }), 0);
});

test("without shares the queue with the shortest wait is chosen", () => {
  const view = { shares: new Map(), lively: new Set<string>(), coreSec: 1 };
  const busy = { queue, activated: 8, running: 1 };
  const quick = { queue: { ...queue, id: 2 }, activated: 8, running: 100 };
  assert.equal(chooseQueue([busy, quick], view), quick);
  assert.equal(chooseQueue([{ ...busy, activated: 10 }], view), undefined);
});

test("retry rules go by source, code and pattern, and the first that fits decides", () => {
  const decide = (rules: readonly RetryRule[], code: number, text: string, failures = 1) =>
    decideRetry(rules, { source: "pilot", code, text }, DEFAULT_REQUEST, failures, 3);
  assert.equal(decide(DEFAULT_RETRY_RULES, 1212, "").request?.memoryMb, 4096);
  assert.equal(decide(DEFAULT_RETRY_RULES, 1, "MemoryError: no").request?.memoryMb, 4096);
  assert.equal(decide(DEFAULT_RETRY_RULES, 1213, "").request?.wallSec, 2 * DEFAULT_REQUEST.wallSec);
  assert.deepEqual(decide(DEFAULT_RETRY_RULES, 1305, "").request, DEFAULT_REQUEST);
  assert.equal(decide(DEFAULT_RETRY_RULES, 1305, "", 3).request, undefined);
  assert.equal(decide(DEFAULT_RETRY_RULES, 1150, "", 2).request, undefined);
  const rules: RetryRule[] = [
    { pattern: "corrupt", action: "no_retry" },
    { code: 5, action: "increase_memory" },
  ];
  assert.equal(decide(rules, 5, "corrupt input").request, undefined);
  assert.equal(decide(rules, 5, "").request?.memoryMb, 3000);
  assert.equal(decide(rules, 6, "").request, undefined);
  const capped: RetryRule[] = [{ action: "increase_memory_xtimes", limit: DEFAULT_REQUEST.memoryMb }];
  assert.equal(decide(capped, 1, "").request, undefined);
});

test("the prediction covers what was seen and does not depend on the order it was seen in", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 50, max: 200_000 }), { minLength: 10, maxLength: 60 }), (seen) => {
      const learn = (values: readonly number[]) =>
        values.reduce((use, memory) => learnUse(use, memory, memory / 10), createLearnedUse("isr"));
      const forward = predictRequest(DEFAULT_REQUEST, learn(seen));
      const backward = predictRequest(DEFAULT_REQUEST, learn(seen.toReversed()));
      assert.deepEqual(forward, backward);
      const covered = seen.filter((memory) => memory <= forward.memoryMb).length;
      assert.ok(covered >= 0.98 * seen.length - 1e-9);
      assert.ok(forward.memoryMb <= 1.25 * 1.1 * Math.max(...seen) + 1);
    }),
    { seed: 5, numRuns: 50 },
  );
});

test("too few samples change nothing", () => {
  const use = learnUse(createLearnedUse("isr"), 9000, 10);
  assert.deepEqual(predictRequest(DEFAULT_REQUEST, use), DEFAULT_REQUEST);
});

test("a queue with plenty waiting is filled up only now and then, one that lacks work or can take all at once", () => {
  const wide = { ...queue, backlog: 320 };
  assert.equal(wantsJobs([{ queue: wide, activated: 315, running: 0 }], 1000), false);
  assert.equal(wantsJobs([{ queue: wide, activated: 315, running: 0 }], 5), true);
  assert.equal(wantsJobs([{ queue: wide, activated: 310, running: 0 }], 1000), true);
  assert.equal(wantsJobs([{ queue: wide, activated: 320, running: 0 }], 1000), false);
  assert.equal(wantsJobs([{ queue: { ...wide, maxActive: 10 }, activated: 0, running: 9 }], 1000), true);
  assert.equal(wantsJobs([{ queue: wide, activated: 0, running: 0 }], 0), false);
});
