import { join } from "node:path";
import {
  compareWithSphgeom,
  type SphgeomCases,
} from "../../packages/sphere/src/fixtures/compare-with-sphgeom.ts";
import {
  countPixels,
  createHealpixPixelization,
  intersectRanges,
  regionFromBase64,
} from "../../packages/sphere/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";
import { runPython } from "../python.ts";

const makeCases = (seed: number): SphgeomCases =>
  runPython(["lsst.sphgeom"], join(import.meta.dirname, "sphgeom-cases.py"), [String(seed), "400"]);

/** What the live lsst.sphgeom says of random regions, against what we say. */
export const bars: Bar[] = [
  {
    name: "regions, relations, overlaps, HTM numbers and envelopes against lsst.sphgeom",
    goal: "no difference",
    async measure() {
      const results = [11, 12, 13].map((seed) => compareWithSphgeom(makeCases(seed)));
      const differences = results.flatMap((result) => result.differences);
      const compared = results.reduce((sum, result) => sum + result.compared, 0);
      return {
        figure: `${differences.length} of ${compared} differ`,
        pass: differences.length === 0,
        note: differences.slice(0, 3).join("; "),
      };
    },
  },
  {
    name: "HEALPix envelopes against lsst.sphgeom's (which reach a little beyond a region, as ours)",
    goal: "≥ 80 % of the pixels of either are in both",
    async measure() {
      let [common, either] = [0, 0];
      for (const { region, healpix } of makeCases(14).regions) {
        if (healpix === undefined) continue;
        const ours = createHealpixPixelization(healpix.level).envelope(regionFromBase64(region));
        const both = countPixels(intersectRanges(ours, healpix.envelope));
        common += both;
        either += countPixels(ours) + countPixels(healpix.envelope) - both;
      }
      return { figure: `${((100 * common) / either).toFixed(1)} %`, pass: common / either >= 0.8 };
    },
  },
];
