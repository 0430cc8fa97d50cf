import { existsSync } from "node:fs";
import { join } from "node:path";
import { angularSeparationArcsec, parseWcs } from "../../packages/sphere/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";
import { runPython } from "../python.ts";

interface WcsCase {
  readonly header: Readonly<Record<string, string | number>>;
  readonly pixels: readonly (readonly [number, number])[];
  readonly sky: readonly (readonly [number, number])[];
}

/** Largest distance from astropy and largest round-trip error, in pixels. */
function compare(cases: readonly WcsCase[]): { off: number; error: number } {
  let [off, error] = [0, 0];
  for (const { header, pixels, sky } of cases) {
    const wcs = parseWcs((key) => header[key]);
    pixels.forEach(([x, y], i) => {
      const { raDeg, decDeg } = wcs.pixelToSky(x, y);
      const back = wcs.skyToPixel(raDeg, decDeg);
      const apart = angularSeparationArcsec(raDeg, decDeg, sky[i]![0], sky[i]![1]);
      off = Math.max(off, apart / wcs.pixelScaleArcsec(x, y));
      error = Math.max(error, Math.hypot(back.x - x, back.y - y));
    });
  }
  return { off, error };
}

function judge(cases: readonly WcsCase[]): { figure: string; pass: boolean; note: string } {
  const { off, error } = compare(cases);
  return {
    figure: `${off.toExponential(1)} pixel from astropy, ${error.toExponential(1)} pixel round trip`,
    pass: cases.length > 0 && off < 3e-9 && error < 1e-9,
    note: `${cases.length} headers`,
  };
}

/** WCS positions against the live astropy. */
export const bars: Bar[] = [
  {
    name: "WCS of random headers (TAN, SIP, TPV, SIN, STG, ARC, ZEA, CAR)",
    goal: "3e-9 pixel from astropy, 1e-9 pixel round trip",
    measure: async () =>
      judge(runPython(["astropy"], join(import.meta.dirname, "wcs-cases.py"), ["21", "1000"], true)),
  },
  {
    name: "WCS of the real files in shared/data (TAN, SIP of HSC, TPV of DECam)",
    goal: "3e-9 pixel from astropy, 1e-9 pixel round trip",
    async measure() {
      const folder = join(import.meta.dirname, "../../../shared/data");
      if (!existsSync(folder)) throw new Error("needs shared/data");
      return judge(runPython(["astropy"], join(import.meta.dirname, "header-cases.py"), [folder]));
    },
  },
];
