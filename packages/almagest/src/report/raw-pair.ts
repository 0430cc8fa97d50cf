import type { Butler } from "@almagest/butler";
import type { Exposure, RawExposure } from "@almagest/images";
import {
  drawGrey,
  encodePng,
  type Panel,
  type Plane,
  shrinkFactor,
  shrinkPlane,
  toDataUri,
} from "@almagest/report";

const LARGEST_SIDE = 900;

/** The raw amplifiers side by side as they sit on the detector, prescan and overscan included, each turned as it is read. */
function layOutRaw(raw: RawExposure): Plane {
  const columns = [...new Set(raw.detector.amplifiers.map(({ bbox }) => bbox.x0))].sort((a, b) => a - b);
  const rows = [...new Set(raw.detector.amplifiers.map(({ bbox }) => bbox.y0))].sort((a, b) => a - b);
  const cellWidth = Math.max(...raw.amplifiers.map(({ width }) => width));
  const cellHeight = Math.max(...raw.amplifiers.map(({ height }) => height));
  const width = columns.length * cellWidth;
  const data = new Float32Array(width * rows.length * cellHeight).fill(Number.NaN);
  raw.detector.amplifiers.forEach((amplifier, k) => {
    const stored = raw.amplifiers[k]!;
    const left = columns.indexOf(amplifier.bbox.x0) * cellWidth;
    const bottom = rows.indexOf(amplifier.bbox.y0) * cellHeight;
    for (let y = 0; y < stored.height; y++) {
      const toY = bottom + (amplifier.flipY ? stored.height - 1 - y : y);
      for (let x = 0; x < stored.width; x++) {
        const toX = left + (amplifier.flipX ? stored.width - 1 - x : x);
        data[toY * width + toX] = stored.data[y * stored.width + x]!;
      }
    }
  });
  return { width, height: rows.length * cellHeight, data };
}

function toUri(plane: Plane, kind: "linear" | "asinh"): string {
  const small = shrinkPlane(plane, shrinkFactor(plane, LARGEST_SIDE));
  const stretch =
    kind === "linear"
      ? { kind, lowQuantile: 0.02, highQuantile: 0.985 }
      : { kind, lowQuantile: 0.2, highQuantile: 0.998 };
  return toDataUri(encodePng(drawGrey(small, stretch)));
}

/** One detector before and after: the raw frame as the camera wrote it, and the calibrated image. Undefined without both. */
export async function pairRawAndCalibrated(
  butler: Butler,
  run: string,
  raws: string,
): Promise<Panel | undefined> {
  const [calibrated] = await butler.queryDatasets("preliminary_visit_image", { collections: run });
  if (calibrated === undefined) return undefined;
  const { instrument, visit, detector } = calibrated.dataId;
  const [definition] = await butler.queryRecords("visit_definition", {
    dataId: { instrument: instrument!, visit: visit! },
  });
  const exposure = Number(definition?.exposure ?? visit);
  const dataId = { instrument: instrument!, exposure, detector: detector! };
  const known = await butler.findDataset("raw", dataId, { collections: raws });
  if (known === undefined) return undefined;
  const raw = (await butler.get(known)) as RawExposure;
  const image = ((await butler.get(calibrated)) as Exposure).image;
  const { width, height } = image.bbox;
  const amplifiers = raw.amplifiers.length;
  return {
    title: "One detector, before and after",
    caption:
      `Exposure ${exposure}, detector ${raw.detector.name}, filter ${raw.filter?.physical ?? "none"}: ${amplifiers} raw ` +
      `amplifier ${amplifiers === 1 ? "segment" : "segments"} with overscan, and the calibrated image that came of this.`,
    wide: true,
    pair: [
      { src: toUri(layOutRaw(raw), "linear"), label: "Raw, as the camera wrote it" },
      { src: toUri({ width, height, data: image.data }, "asinh"), label: "Calibrated, sky subtracted" },
    ],
  };
}
