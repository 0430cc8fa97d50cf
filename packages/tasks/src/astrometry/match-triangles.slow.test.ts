import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { matchOffset } from "./match-offset.ts";
import { matchTriangles } from "./match-triangles.ts";
import {
  applyTransform,
  fitAffine,
  type PlanePoints,
  type PlaneTransform,
  transformRotationDeg,
  transformScale,
} from "./plane-transform.ts";
import { matchNearest } from "./point-grid.ts";

interface Scene {
  readonly sources: PlanePoints;
  readonly references: PlanePoints;
  readonly truth: PlaneTransform;
}

/** References strewn over a field; a part of them seen as sources, with noise, spurious ones, and shuffled ranks. */
function makeScene(
  seed: number,
  options: { rotationDeg: number; scale: number; parity: 1 | -1; spurious: number },
): Scene {
  const random = createRandom(seed);
  const n = 80;
  const rx = Float64Array.from({ length: n }, () => (random.uniform() - 0.5) * 900);
  const ry = Float64Array.from({ length: n }, () => (random.uniform() - 0.5) * 900);
  const angle = (options.rotationDeg * Math.PI) / 180;
  const [p, q] = [options.scale * Math.cos(angle), options.scale * Math.sin(angle)];
  const truth: PlaneTransform = {
    a: p,
    b: -q * options.parity,
    c: 37,
    d: q,
    e: p * options.parity,
    f: -81,
  };
  const determinant = truth.a * truth.e - truth.b * truth.d;
  const seen: Array<[number, number, number]> = [];
  for (let j = 0; j < n; j++) {
    const u = rx[j]! - truth.c;
    const v = ry[j]! - truth.f;
    const x = (truth.e * u - truth.b * v) / determinant + random.normal() * 0.05;
    const y = (-truth.d * u + truth.a * v) / determinant + random.normal() * 0.05;
    if (random.uniform() < 0.8) seen.push([j + random.normal() * 5, x, y]);
  }
  for (let s = 0; s < options.spurious; s++) {
    seen.push([random.uniform() * n, (random.uniform() - 0.5) * 1000, (random.uniform() - 0.5) * 1000]);
  }
  seen.sort((a, b) => a[0] - b[0]);
  return {
    sources: { x: Float64Array.from(seen, (s) => s[1]), y: Float64Array.from(seen, (s) => s[2]) },
    references: { x: rx, y: ry },
    truth,
  };
}

test("triangles find any rotation, scale and handedness among spurious sources", () => {
  let seed = 0;
  for (const rotationDeg of [0, 3, 90, 179]) {
    for (const parity of [1, -1] as const) {
      for (const spurious of [0, 15]) {
        const scene = makeScene(++seed, { rotationDeg, scale: 0.9, parity, spurious });
        const limits = { minScale: 0.5, maxScale: 1.5, parity: 0 as const, tolerance: 2 };
        const match = matchTriangles(scene.sources, scene.references, limits);
        assert.ok(match, `no match for rotation ${rotationDeg}, parity ${parity}, ${spurious} spurious`);
        assert.equal(match.parity, parity);
        const mapped = {
          x: scene.sources.x.map((x, i) => applyTransform(match.transform, x, scene.sources.y[i]!)[0]),
          y: scene.sources.y.map((y, i) => applyTransform(match.transform, scene.sources.x[i]!, y)[1]),
        };
        const pairs = matchNearest(mapped, scene.references, 2);
        const fit = fitAffine(scene.sources, scene.references, pairs, parity);
        assert.ok(Math.abs(transformScale(fit) - 0.9) < 1e-3);
        assert.ok(
          Math.abs(((transformRotationDeg(fit) - transformRotationDeg(scene.truth) + 540) % 360) - 180) <
            0.05,
        );
        assert.ok(Math.abs(fit.c - scene.truth.c) < 0.1 && Math.abs(fit.f - scene.truth.f) < 0.1);
      }
    }
  }
});

test("unrelated fields do not match", () => {
  for (let seed = 100; seed < 102; seed++) {
    const one = makeScene(seed, { rotationDeg: 0, scale: 1, parity: 1, spurious: 0 });
    const other = makeScene(seed + 1000, { rotationDeg: 0, scale: 1, parity: 1, spurious: 0 });
    const limits = { minScale: 0.9, maxScale: 1.1, parity: 1 as const, tolerance: 1 };
    assert.equal(matchTriangles(one.sources, other.references, limits), undefined);
    assert.equal(matchOffset(one.sources, other.references, 60, 1), undefined);
  }
});

test("an offset is found when four in five sources are spurious", () => {
  const scene = makeScene(7, { rotationDeg: 0, scale: 1, parity: 1, spurious: 120 });
  for (const tolerance of [0.8, 1, 1.5, 4]) {
    const match = matchOffset(scene.sources, scene.references, 120, tolerance);
    assert.ok(match);
    assert.ok(Math.hypot(match.transform.c - 37, match.transform.f + 81) < 0.3, `tolerance ${tolerance}`);
  }
});
