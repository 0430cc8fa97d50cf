import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { decode } from "fast-png";
import {
  cropToKnown,
  drawBars,
  drawColour,
  drawGrey,
  drawScatter,
  drawSky,
  encodePng,
  type Plane,
  pasteMosaic,
  renderPage,
  shrinkPlane,
} from "./index.ts";

function makeSky(seed: number, starFlux: number): Plane {
  const random = createRandom(seed);
  const data = Float32Array.from({ length: 64 * 48 }, () => random.normal());
  data[10 * 64 + 20] = starFlux;
  return { width: 64, height: 48, data };
}

test("a mosaic puts images at their places and leaves the rest unknown", () => {
  const image = (x0: number, y0: number, value: number) => ({
    bbox: { x0, y0, width: 2, height: 2 },
    data: new Float32Array(4).fill(value),
  });
  const plane = pasteMosaic([image(10, 5, 1), image(13, 6, 2)]);
  assert.deepEqual([plane.width, plane.height], [5, 3]);
  assert.deepEqual([...plane.data], [1, 1, NaN, NaN, NaN, 1, 1, NaN, 2, 2, NaN, NaN, NaN, 2, 2]);
  const small = shrinkPlane({ width: 2, height: 2, data: Float32Array.of(1, 3, NaN, 2) }, 2);
  assert.deepEqual([...small.data], [2]);
});

test("planes are cut to what all of them know", () => {
  const full = { width: 4, height: 3, data: new Float32Array(12).fill(1) };
  const partial = { ...full, data: Float32Array.of(NaN, NaN, NaN, NaN, 1, 2, 3, NaN, 4, 5, 6, NaN) };
  const [, cut] = cropToKnown([full, partial]);
  assert.deepEqual([cut!.width, cut!.height, ...cut!.data], [3, 2, 1, 2, 3, 4, 5, 6]);
});

test("a red star is red, blank sky is neutral, and the picture is upright", () => {
  const picture = drawColour([makeSky(1, 4000), makeSky(2, 400), makeSky(3, 100)]);
  const at = (x: number, yUp: number): number[] => {
    const k = ((47 - yUp) * 64 + x) * 3;
    return [...picture.data.subarray(k, k + 3)];
  };
  const [r, g, b] = at(20, 10) as [number, number, number];
  assert.ok(r > 1.5 * g && g > b, `star is ${[r, g, b]}`);
  const mean = [0, 1, 2].map((c) => {
    let sum = 0;
    for (let i = c; i < picture.data.length; i += 3) sum += picture.data[i]!;
    return sum / (picture.data.length / 3);
  });
  assert.ok(Math.max(...mean) - Math.min(...mean) < 6, `sky is ${mean}`);
  const decoded = decode(encodePng(picture));
  assert.deepEqual([decoded.width, decoded.height, decoded.channels], [64, 48, 3]);
  assert.deepEqual(Buffer.from(decoded.data as Uint8Array), Buffer.from(picture.data));
});

test("a grey picture marks unknown pixels and spans its range", () => {
  const plane = makeSky(4, 1e5);
  plane.data[0] = Number.NaN;
  const grey = drawGrey(plane, { kind: "asinh", lowQuantile: 0.05, highQuantile: 0.9995 });
  assert.equal(grey.data[47 * 64], 24);
  assert.equal(grey.data[(47 - 10) * 64 + 20], 255);
});

test("charts are SVG, the same for the same data, and the page escapes what it is told", () => {
  const scatter = (): string =>
    drawScatter({
      xName: "mag",
      yName: "mmag",
      series: [
        {
          name: "r",
          points: [
            [18, 1],
            [19, -2],
          ],
        },
      ],
    });
  assert.match(scatter(), /^<svg[\s\S]*<\/svg>$/);
  assert.equal(scatter(), scatter());
  assert.match(drawBars([{ name: "isr", value: 2, note: "2.0 s" }], "seconds"), /2\.0 s/);
  const sky = drawSky([
    {
      corners: [
        [359.9, 1],
        [0.1, 1],
        [0.1, 1.2],
        [359.9, 1.2],
      ],
      colour: "red",
      fillOpacity: 0.2,
      strokeOpacity: 1,
    },
  ]);
  assert.match(sky, /centre (0\.000|360\.000|359\.\d+|0\.\d+)°, 1\.100°/);
  const page = renderPage({
    title: "<script>alert(1)</script>",
    subtitle: "a & b",
    facts: [{ label: "visits", value: "15" }],
    verdicts: [{ name: "completeness", goal: "≥ 95 %", figure: "97 %", pass: true }],
    sections: [{ title: "Charts", lead: "", panels: [{ title: "One", caption: "c", svg: scatter() }] }],
    notes: [],
    colophon: "v0",
  });
  assert.ok(!page.includes("<script>"));
  assert.ok(page.includes("a &amp; b") && page.includes("✓ reached"));
});
