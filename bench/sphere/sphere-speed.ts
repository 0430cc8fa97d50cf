import { createRandom } from "../../packages/base/src/index.ts";
import {
  boxRegion,
  createHtmPixelization,
  createSkyIndex,
  createTanSipWcs,
  createTanWcs,
  type SkyWcs,
} from "../../packages/sphere/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";

const COUNT = 1_000_000;
const scale = 0.2 / 3600;
const linear = {
  crvalRaDeg: 53.1,
  crvalDecDeg: -28.1,
  crpixX: 2000,
  crpixY: 2000,
  cd: [-scale, 0, 0, scale] as [number, number, number, number],
};

function makeSip(): SkyWcs {
  const random = createRandom("sip");
  const terms = (): Float64Array =>
    Float64Array.from({ length: 16 }, (_, k) => {
      const power = Math.floor(k / 4) + (k % 4);
      return power < 2 || power > 3 ? 0 : (random.normal() * 5) / 4000 ** power;
    });
  return createTanSipWcs({ ...linear, sip: { order: 3, a: terms(), b: terms() } });
}

/** Best of three, millions of points per second, there and back. */
function measureWcs(wcs: SkyWcs): [forward: number, backward: number] {
  const random = createRandom("pixels");
  const [x, y] = [new Float64Array(COUNT), new Float64Array(COUNT)].map((a) =>
    a.map(() => random.uniform() * 4000),
  );
  const [ra, dec, u, v] = Array.from({ length: 4 }, () => new Float64Array(COUNT));
  let [forward, backward] = [0, 0];
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    wcs.pixelToSkyArrays(x!, y!, ra!, dec!);
    const middle = performance.now();
    wcs.skyToPixelArrays(ra!, dec!, u!, v!);
    forward = Math.max(forward, COUNT / 1e3 / (middle - start));
    backward = Math.max(backward, COUNT / 1e3 / (performance.now() - middle));
  }
  return [forward, backward];
}

const wcsBar = (name: string, goal: number, make: () => SkyWcs): Bar => ({
  name,
  goal: `≥ ${goal} M positions/s each way`,
  async measure() {
    const [forward, backward] = measureWcs(make());
    return {
      figure: `${forward.toFixed(1)} to the sky, ${backward.toFixed(1)} back`,
      pass: Math.min(forward, backward) >= goal,
    };
  },
});

/** Speed of the geometry that pixels, catalogues and Butler records go through. */
export const bars: Bar[] = [
  wcsBar("TAN", 5, () => createTanWcs(linear)),
  wcsBar("TAN-SIP of order 3, inverse by Newton", 2, makeSip),
  {
    name: "index of a million positions in a field, and matching a million to it",
    goal: "built in ≤ 1 s, matched at ≥ 0.3 M/s",
    async measure() {
      const random = createRandom("field");
      const ra = Float64Array.from({ length: COUNT }, () => 150 + random.uniform());
      const dec = Float64Array.from({ length: COUNT }, () => 2 + random.uniform());
      const start = performance.now();
      const index = createSkyIndex(ra, dec);
      const built = performance.now();
      index.match(ra, dec, 1);
      const rate = COUNT / 1e3 / (performance.now() - built);
      return {
        figure: `${((built - start) / 1e3).toFixed(2)} s, ${rate.toFixed(2)} M/s`,
        pass: built - start <= 1000 && rate >= 0.3,
      };
    },
  },
  {
    name: "HTM level-7 envelopes of detectors",
    goal: "≥ 1000 a second",
    async measure() {
      const random = createRandom("detectors");
      const htm = createHtmPixelization(7);
      const box = { x0: 0, y0: 0, width: 4000, height: 4000 };
      const regions = Array.from({ length: 2000 }, () =>
        boxRegion(
          createTanWcs({
            ...linear,
            crvalRaDeg: random.uniform() * 360,
            crvalDecDeg: random.uniform() * 160 - 80,
          }),
          box,
        ),
      );
      const start = performance.now();
      let found = 0;
      for (const region of regions) found += htm.envelope(region).length;
      const rate = regions.length / ((performance.now() - start) / 1e3);
      return { figure: `${rate.toFixed(0)}/s`, pass: rate >= 1000 && found >= regions.length };
    },
  },
];
