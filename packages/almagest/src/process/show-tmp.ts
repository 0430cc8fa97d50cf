import { openFits } from "@almagest/fits";
import { drawGrey, encodePng, shrinkPlane, shrinkFactor } from "@almagest/report";
import { writeFileSync } from "node:fs";
const [path, hdu, out, side] = process.argv.slice(2);
const f = await openFits(path!); const {data, shape} = await f.hdu(Number(hdu)).readImage();
const [width, height] = shape as [number, number];
const plane = { width, height, data: Float32Array.from(data as any, Number) };
writeFileSync(out!, encodePng(drawGrey(shrinkPlane(plane, shrinkFactor(plane, Number(side ?? 1200))), { kind: "asinh", lowQuantile: 0.2, highQuantile: 0.998 })));
