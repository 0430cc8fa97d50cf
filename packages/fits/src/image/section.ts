import { AlmagestError } from "@almagest/base";

/** A cutout of the first two axes: zero-based first pixel, and size. Further axes are kept whole. */
export interface Section {
  readonly x0: number;
  readonly y0: number;
  readonly width: number;
  readonly height: number;
}

/** First pixel and length per axis of the part to read. */
export interface Region {
  readonly start: readonly number[];
  readonly shape: readonly number[];
}

/** Checks a section against an image's shape and widens it to all axes; throws `FITS.SECTION_INVALID`. */
export function resolveRegion(shape: readonly number[], section: Section | undefined): Region {
  if (section === undefined) return { start: shape.map(() => 0), shape };
  const { x0, y0, width, height } = section;
  const [nx = 0, ny = 1] = shape;
  const whole = [x0, y0, width, height].every((value) => Number.isSafeInteger(value) && value >= 0);
  if (!whole || width === 0 || height === 0 || x0 + width > nx || y0 + height > ny)
    throw new AlmagestError(
      "FITS.SECTION_INVALID",
      `The section x ${x0}+${width}, y ${y0}+${height} does not lie inside the image of ${shape.join(" × ")} pixels.`,
      { fields: { section, shape } },
    );
  return {
    start: shape.map((_, axis) => [x0, y0][axis] ?? 0),
    shape: shape.map((length, axis) => [width, height][axis] ?? length),
  };
}
