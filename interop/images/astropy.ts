import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "@almagest/base";
import { createBox, createMaskedImage, type Exposure, MASK_PLANES, writeExposure } from "@almagest/images";
import { createTanSipWcs } from "@almagest/sphere";
import type { Bar } from "../../scripts/bar.ts";
import { runPython } from "../python.ts";

const BBOX = createBox(300, -20, 64, 48);
const COMPRESSIONS = ["none", "lossless", "lossy"] as const;

/** What read-exposure.py finds in one file. */
interface Found {
  readonly names: readonly string[];
  readonly shape: readonly number[];
  readonly image: readonly number[];
  readonly imageSum: number;
  readonly variance: readonly number[];
  readonly mask: readonly number[];
  readonly planes: Readonly<Record<string, number>>;
  readonly ra: readonly number[];
  readonly dec: readonly number[];
  readonly sameMaskSky: boolean;
  readonly parentX: readonly number[];
  readonly parentY: readonly number[];
  readonly ltv: readonly number[];
  readonly unit: string;
  readonly varianceUnit: string;
  readonly exposureTime: number;
  readonly observer: string;
  readonly schema: string;
}

function createSample(): Exposure {
  const random = createRandom("astropy");
  const planes = createMaskedImage(BBOX);
  for (let i = 0; i < planes.image.data.length; i++) {
    planes.image.data[i] = 1000 + 10 * random.normal();
    planes.variance.data[i] = 100 + random.uniform();
    planes.mask.data[i] = random.integer(5) === 0 ? random.integer(1 << 19) : 0;
  }
  // A_0_2, A_1_1, A_2_0 of a second-order distortion, and the same of B.
  const sip = {
    order: 2,
    a: Float64Array.of(0, 0, 2e-6, 0, 1e-6, 0, 3e-6, 0, 0),
    b: Float64Array.of(0, 0, 1e-6, 0, -2e-6, 0, 1e-6, 0, 0),
  };
  return {
    ...planes,
    unit: "electron",
    wcs: createTanSipWcs({
      crvalRaDeg: 53.1,
      crvalDecDeg: -27.8,
      crpixX: 330.25,
      crpixY: 10.5,
      cd: [-5.5e-5, 1e-6, 1e-6, 5.5e-5],
      sip,
    }),
    visitInfo: {
      instrument: "SimCam",
      exposureId: 7,
      midpointTaiNs: 1767225637000000000n,
      exposureSec: 30,
      darkSec: 31,
      boresightRaDeg: 53.1,
      boresightDecDeg: -27.8,
      rotatorDeg: 0,
      airmass: 1.1,
      observationType: "science",
      object: "field",
    },
    metadata: { OBSERVER: "Tycho Brahe" },
  };
}

function bitsOf(data: Float32Array): number[] {
  return [...new Uint32Array(data.buffer, data.byteOffset, data.length)];
}

/** What astropy reads otherwise than it was written; the lossy file only has to hold pixels within a tenth of the noise. */
function listDifferences(found: Found, sample: Exposure, lossy: boolean): string[] {
  const wrong: string[] = [];
  const check = (what: string, good: boolean): void => {
    if (!good) wrong.push(what);
  };
  const same = (a: readonly number[], b: readonly number[]): boolean =>
    a.every((v, i) => v === b[i]) && a.length === b.length;
  check("names", found.names.join() === "PRIMARY,IMAGE,MASK,VARIANCE,JSON");
  check("shape", same(found.shape, [BBOX.width, BBOX.height]));
  if (lossy) {
    const sum = sample.image.data.reduce((a, b) => a + b, 0);
    check("image", Math.abs(found.imageSum - sum) / sample.image.data.length < 0.1);
  } else {
    check("image", same(found.image, bitsOf(sample.image.data)));
    check("variance", same(found.variance, bitsOf(sample.variance.data)));
  }
  check("mask", same(found.mask, [...sample.mask.data]));
  check(
    "planes",
    [...MASK_PLANES].every(([name, bit]) => found.planes[name] === bit),
  );
  check("offset", same(found.ltv, [-BBOX.x0, -BBOX.y0]));
  check("units", found.unit === "electron" && found.varianceUnit === "electron**2");
  check(
    "cards",
    found.exposureTime === 30 && found.observer === "Tycho Brahe" && found.schema === "almagest.exposure",
  );
  check("mask WCS", found.sameMaskSky);
  const worst = found.parentX.reduce((most, x, i) => {
    const ours = sample.wcs!.pixelToSky(x, found.parentY[i]!);
    const dRa = (ours.raDeg - found.ra[i]!) * Math.cos((ours.decDeg * Math.PI) / 180);
    return Math.max(most, Math.hypot(dRa, ours.decDeg - found.dec[i]!) * 3.6e6);
  }, 0);
  check(`sky positions off by ${worst} mas`, worst < 1e-4);
  const { parentX, parentY } = found;
  const last = parentX.length - 1;
  check("parent coordinates", parentX[0] === BBOX.x0 && parentY[0] === BBOX.y0);
  check(
    "parent coordinates at the end",
    parentX[last] === BBOX.x0 + BBOX.width - 1 && parentY[last] === BBOX.y0 + BBOX.height - 1,
  );
  return wrong;
}

/** Our exposures in astropy's hands. */
export const bars: Bar[] = [
  {
    name: "astropy reads image, mask, variance, WCS and offset of an exposure as written",
    goal: "no difference, uncompressed, lossless and lossy",
    async measure() {
      const folder = mkdtempSync(join(tmpdir(), "almagest-interop-"));
      try {
        const sample = createSample();
        const paths = COMPRESSIONS.map((compress) => join(folder, `${compress}.fits`));
        for (const [i, compress] of COMPRESSIONS.entries()) {
          await writeExposure(paths[i]!, sample, { compress, checksum: true });
        }
        const found = runPython<Found[]>(["astropy"], join(import.meta.dirname, "read-exposure.py"), paths);
        const wrong = found.flatMap((one, i) =>
          listDifferences(one, sample, i === 2).map((what) => `${COMPRESSIONS[i]}: ${what}`),
        );
        return { figure: wrong.length === 0 ? "no difference" : wrong.join("; "), pass: wrong.length === 0 };
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  },
];
