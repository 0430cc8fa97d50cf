import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { simpleQueue } from "../testing/simple-queue.ts";
import { type Candidate, chooseQueue } from "./choose-queue.ts";
import type { Share } from "./facility-shares.ts";

const TARGETS = { US: 35, FR: 40, UK: 25 };
const MEAN_SEC = 630;

/** Runs `jobs` jobs of one to twenty minutes on farms of so many slots; gives each farm's part of the core-time used. */
function simulate(
  slots: Readonly<Record<string, number>>,
  jobs: number,
  seed: string,
): Record<string, number> {
  const random = createRandom(seed);
  const shares = new Map<string, Share>(
    Object.entries(TARGETS).map(([name, target]) => [name, { name, target, chargedCoreSec: 0 }]),
  );
  const charge = (name: string, coreSec: number): void => {
    const share = shares.get(name)!;
    shares.set(name, { ...share, chargedCoreSec: share.chargedCoreSec + coreSec });
  };
  const farms = Object.entries(slots).map(([name, count], index) => ({
    queue: { ...simpleQueue(name, name, { backlog: 5 }), id: index },
    slots: count,
    waiting: 0,
    ends: [] as number[],
    usedSec: 0,
  }));
  const view = { shares, lively: new Set(Object.keys(TARGETS)), coreSec: MEAN_SEC };
  let made = 0;
  for (let nowSec = 0; made < jobs; nowSec += 60) {
    for (const farm of farms) {
      farm.ends = farm.ends.filter((endSec) => endSec > nowSec);
      for (; farm.waiting > 0 && farm.ends.length < farm.slots; farm.waiting--) {
        const wallSec = 60 * (1 + random.integer(20));
        farm.ends.push(nowSec + wallSec);
        farm.usedSec += wallSec;
        charge(farm.queue.name, wallSec - MEAN_SEC);
      }
    }
    for (;;) {
      const candidates = farms.map(
        ({ queue, waiting, ends }): Candidate => ({ queue, activated: waiting, running: ends.length }),
      );
      const chosen = chooseQueue(candidates, view);
      if (chosen === undefined) break;
      farms[chosen.queue.id]!.waiting++;
      charge(chosen.queue.name, MEAN_SEC);
      made++;
    }
  }
  const total = farms.reduce((sum, { usedSec }) => sum + usedSec, 0);
  return Object.fromEntries(farms.map(({ queue, usedSec }) => [queue.name, usedSec / total]));
}

test("after 20,000 jobs every facility has done its part within 1 %, whichever farm is the small one", () => {
  const farms = [
    { US: 60, FR: 70, UK: 100 },
    { US: 300, FR: 70, UK: 45 },
    { US: 60, FR: 80, UK: 20 },
  ];
  for (const slots of farms) {
    const parts = simulate(slots, 20_000, JSON.stringify(slots));
    for (const [name, target] of Object.entries(TARGETS)) {
      const part = 100 * parts[name]!;
      assert.ok(Math.abs(part - target) <= 1, `${name} ${part.toFixed(2)} % of ${JSON.stringify(slots)}`);
    }
  }
});
