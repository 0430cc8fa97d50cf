import type { SkyWcs } from "../sky-wcs.ts";
import { createCelestialWcs, findWcsModel } from "./celestial-wcs.ts";

/**
 * The same WCS seen from pixel coordinates moved by (dx, dy): what was at (x, y) is at (x + dx, y + dy). For a cutout
 * that starts at (x0, y0) pass −x0, −y0.
 */
export function shiftWcs(wcs: SkyWcs, dx: number, dy: number): SkyWcs {
  const model = findWcsModel(wcs);
  if (model !== undefined) {
    return createCelestialWcs({ ...model, crpixX: model.crpixX + dx, crpixY: model.crpixY + dy });
  }
  const moved = (keyword: string, value: string | number): string | number => {
    if (typeof value !== "number") return value;
    return keyword === "CRPIX1" ? value + dx : keyword === "CRPIX2" ? value + dy : value;
  };
  return {
    pixelToSky: (x, y) => wcs.pixelToSky(x - dx, y - dy),
    skyToPixel(raDeg, decDeg) {
      const { x, y } = wcs.skyToPixel(raDeg, decDeg);
      return { x: x + dx, y: y + dy };
    },
    pixelToSkyArrays(x, y, raDeg, decDeg) {
      wcs.pixelToSkyArrays(
        x.map((value) => value - dx),
        y.map((value) => value - dy),
        raDeg,
        decDeg,
      );
    },
    skyToPixelArrays(raDeg, decDeg, x, y) {
      wcs.skyToPixelArrays(raDeg, decDeg, x, y);
      for (let i = 0; i < x.length; i++) {
        x[i] = x[i]! + dx;
        y[i] = y[i]! + dy;
      }
    },
    pixelScaleArcsec: (x, y) => wcs.pixelScaleArcsec(x - dx, y - dy),
    toFitsCards: () => wcs.toFitsCards().map(([keyword, value]) => [keyword, moved(keyword, value)] as const),
  };
}
