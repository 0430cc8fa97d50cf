import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { createTanWcs, type SkyWcs } from "@almagest/sphere";
import { fitAstrometry } from "./fit-astrometry.ts";

const SCALE = 0.2 / 3600;

function makeField(seed: number, truth: SkyWcs, size: number, stars: number) {
  const random = createRandom(seed);
  const all = Array.from({ length: stars }, () => ({
    x: (random.uniform() * 1.4 - 0.2) * size,
    y: (random.uniform() * 1.4 - 0.2) * size,
    magnitude: 16 + 6 * Math.sqrt(random.uniform()),
  })).sort((a, b) => a.magnitude - b.magnitude);
  const sky = all.map((star) => truth.pixelToSky(star.x, star.y));
  const noise = 0.005 / 3600;
  const reference = {
    raDeg: Float64Array.from(
      sky,
      (s) => s.raDeg + (noise * random.normal()) / Math.cos((s.decDeg * Math.PI) / 180),
    ),
    decDeg: Float64Array.from(sky, (s) => s.decDeg + noise * random.normal()),
  };
  const inside = all.filter((s) => s.x > 0 && s.y > 0 && s.x < size && s.y < size && random.uniform() < 0.9);
  const seen = inside.map((s) => ({
    ...s,
    x: s.x + 0.02 * random.normal(),
    y: s.y + 0.02 * random.normal(),
  }));
  for (let k = 0; k < 30; k++) {
    seen.splice(random.integer(seen.length), 0, {
      x: random.uniform() * size,
      y: random.uniform() * size,
      magnitude: 20,
    });
  }
  return {
    reference,
    sources: { x: Float64Array.from(seen, (s) => s.x), y: Float64Array.from(seen, (s) => s.y) },
  };
}

function largestErrorMas(wcs: SkyWcs, truth: SkyWcs, size: number): number {
  let worst = 0;
  for (const x of [0, size / 2, size]) {
    for (const y of [0, size / 2, size]) {
      const sky = truth.pixelToSky(x, y);
      const back = wcs.skyToPixel(sky.raDeg, sky.decDeg);
      worst = Math.max(worst, Math.hypot(back.x - x, back.y - y) * SCALE * 3.6e6);
    }
  }
  return worst;
}

test("a pointing error of arcsec, a small rotation and distortion are solved to a few mas", () => {
  const base = { crvalRaDeg: 53.1, crvalDecDeg: -28.1, crpixX: 512, crpixY: 512 };
  const truth = createTanWcs({ ...base, cd: [-SCALE, 2e-8, 2e-8, SCALE] });
  const guess = createTanWcs({
    ...base,
    crvalRaDeg: 53.104,
    crvalDecDeg: -28.097,
    cd: [-SCALE, 0, 0, SCALE],
  });
  const { reference, sources } = makeField(5, truth, 1024, 400);
  const pointing = { wcs: guess, raDeg: 53.1, decDeg: -28.1, minScaleArcsec: 0.1, maxScaleArcsec: 0.4 };
  const solution = fitAstrometry(sources, reference, pointing);
  assert.ok(solution);
  assert.ok(solution.pairs.length > 120, `${solution.pairs.length} pairs`);
  assert.ok(
    largestErrorMas(solution.wcs, truth, 1024) < 8,
    `${largestErrorMas(solution.wcs, truth, 1024)} mas`,
  );
  assert.ok(Math.abs(solution.shiftArcsec - 16.7) < 1, `${solution.shiftArcsec}`);
});

test("without a WCS, rotated and mirrored, only the scale known to a factor, the field is solved", () => {
  const angle = 2.3;
  const cd: [number, number, number, number] = [
    SCALE * Math.cos(angle),
    -SCALE * Math.sin(angle),
    SCALE * Math.sin(angle),
    SCALE * Math.cos(angle),
  ];
  const truth = createTanWcs({ crvalRaDeg: 10, crvalDecDeg: 41, crpixX: 500, crpixY: 500, cd });
  const { reference, sources } = makeField(6, truth, 1000, 150);
  const solution = fitAstrometry(sources, reference, {
    raDeg: 10.005,
    decDeg: 41.003,
    minScaleArcsec: 0.1,
    maxScaleArcsec: 0.4,
  });
  assert.ok(solution);
  assert.ok(largestErrorMas(solution.wcs, truth, 1000) < 20);
});

test("a field that is not in the catalogue is not solved", () => {
  const truth = createTanWcs({
    crvalRaDeg: 10,
    crvalDecDeg: 41,
    crpixX: 500,
    crpixY: 500,
    cd: [-SCALE, 0, 0, SCALE],
  });
  const one = makeField(7, truth, 1000, 150);
  const other = makeField(8, truth, 1000, 150);
  const guess = { wcs: truth, raDeg: 10, decDeg: 41, minScaleArcsec: 0.1, maxScaleArcsec: 0.4 };
  assert.equal(fitAstrometry(one.sources, other.reference, guess), undefined);
});
