import type { Formatter } from "@almagest/butler";
import { openFits, writeFits } from "@almagest/fits";
import type { Image } from "@almagest/images";
import { boxParameter } from "./exposure-formatter.ts";

/** One plane of floats as FITS, its first pixel's place in `LTV1`, `LTV2`. The components `bbox`, `dimensions` and `xy0`
 * read only the header; the parameter `bbox` reads a cutout. */
export const imageFormatter: Formatter<Image> = {
  name: "lsst.obs.base.formatters.fitsExposure.FitsImageFormatter",
  extension: ".fits",
  async write(image, path) {
    const { x0, y0, width, height } = image.bbox;
    await writeFits(path, [
      {
        kind: "image",
        header: [
          ["LTV1", -x0],
          ["LTV2", -y0],
        ],
        data: image.data as Float32Array<ArrayBuffer>,
        shape: [width, height],
      },
    ]);
  },
  async read(path, options) {
    await using file = await openFits(path);
    const hdu = file.hdus.find(({ shape }) => shape.length === 2) ?? file.hdu(0);
    const [width = 0, height = 0] = hdu.shape;
    const x0 = -(hdu.header.getNumber("LTV1") ?? 0);
    const y0 = -(hdu.header.getNumber("LTV2") ?? 0);
    const full = { x0, y0, width, height };
    if (options.component === "bbox") return full;
    if (options.component === "dimensions") return { width, height };
    if (options.component === "xy0") return { x: x0, y: y0 };
    const bbox = boxParameter(options) ?? full;
    const section = { ...bbox, x0: bbox.x0 - x0, y0: bbox.y0 - y0 };
    const { data } = await hdu.readImage({ section });
    return { bbox, data: data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>) };
  },
};
