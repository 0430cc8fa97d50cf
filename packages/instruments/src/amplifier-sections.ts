import type { FitsFile } from "@almagest/fits";
import type { Amplifier, Box, RawAmplifier } from "@almagest/images";
import { rawPixels } from "./raw-pixels.ts";
import type { Section } from "./section.ts";

/** Where one amplifier's pixels lie in a file, in the coordinates of the HDU's image, and where they belong. */
export interface AmplifierSections {
  readonly name: string;
  /** Index of the HDU that holds the pixels. */
  readonly hdu: number;
  readonly data: Box;
  readonly serialOverscan?: Box;
  readonly parallelOverscan?: Box;
  readonly prescan?: Box;
  /** Place on the assembled detector, and the direction in which the stored pixels run there. */
  readonly target: Section;
  readonly gain: number;
  readonly readNoise: number;
  readonly saturationAdu: number;
}

/** An amplifier and the part of the HDU's image that is its raw segment. */
export interface CutAmplifier {
  readonly amplifier: Amplifier;
  readonly hdu: number;
  readonly cut: Box;
}

const EMPTY: Box = { x0: 0, y0: 0, width: 0, height: 0 };

/** The smallest box around some boxes. */
export function boundingBox(boxes: readonly Box[]): Box {
  const x0 = Math.min(...boxes.map((box) => box.x0));
  const y0 = Math.min(...boxes.map((box) => box.y0));
  const x1 = Math.max(...boxes.map((box) => box.x0 + box.width));
  const y1 = Math.max(...boxes.map((box) => box.y0 + box.height));
  return { x0, y0, width: x1 - x0, height: y1 - y0 };
}

/** Takes the smallest part of the image that holds an amplifier's data and overscans as its raw segment. */
export function cutAmplifier(sections: AmplifierSections): CutAmplifier {
  const { data, serialOverscan, parallelOverscan, prescan, target } = sections;
  const cut = boundingBox(
    [data, serialOverscan, parallelOverscan, prescan].filter((box) => box !== undefined),
  );
  const inside = (box: Box | undefined): Box =>
    box === undefined ? EMPTY : { ...box, x0: box.x0 - cut.x0, y0: box.y0 - cut.y0 };
  return {
    hdu: sections.hdu,
    cut,
    amplifier: {
      name: sections.name,
      bbox: target.box,
      rawBox: { x0: 0, y0: 0, width: cut.width, height: cut.height },
      rawDataBox: inside(data),
      rawPrescanBox: inside(prescan),
      rawSerialOverscanBox: inside(serialOverscan),
      rawParallelOverscanBox: inside(parallelOverscan),
      flipX: target.flipX,
      flipY: target.flipY,
      gain: sections.gain,
      readNoise: sections.readNoise,
      saturationAdu: sections.saturationAdu,
    },
  };
}

/** Reads the raw segments. Throws what reading the FITS file throws. */
export async function readCutAmplifiers(
  fits: FitsFile,
  cuts: readonly CutAmplifier[],
): Promise<RawAmplifier[]> {
  const amplifiers: RawAmplifier[] = [];
  for (const { amplifier, hdu, cut } of cuts) {
    const { data } = await fits.hdu(hdu).readImage({ section: cut });
    amplifiers.push({ name: amplifier.name, width: cut.width, height: cut.height, data: rawPixels(data) });
  }
  return amplifiers;
}
