import { AlmagestError } from "@almagest/base";
import type { FitsFile, Hdu } from "@almagest/fits";
import type { Amplifier, RawAmplifier } from "@almagest/images";
import { rawPixels } from "../raw-pixels.ts";

/** Reads one extension per amplifier, `Segment10` for amplifier `C10`. Throws `INSTRUMENTS.RAW_INVALID`. */
export async function readSegments(
  fits: FitsFile,
  path: string,
  amplifiers: readonly Amplifier[],
): Promise<RawAmplifier[]> {
  const segments: RawAmplifier[] = [];
  for (const amplifier of amplifiers) {
    const name = `Segment${amplifier.name.slice(1)}`;
    const hdu = fits.hdus.find((candidate: Hdu) => candidate.name === name);
    const { width, height } = amplifier.rawBox;
    if (hdu === undefined || hdu.shape[0] !== width || hdu.shape[1] !== height) {
      const found = hdu === undefined ? "is not there" : `has ${hdu.shape.join(" × ")} pixels`;
      throw new AlmagestError(
        "INSTRUMENTS.RAW_INVALID",
        `${path}: extension ${name} ${found}; the camera wants ${width} × ${height}.`,
        { fields: { path, extension: name, width, height } },
      );
    }
    const { data } = await hdu.readImage();
    segments.push({ name: amplifier.name, width, height, data: rawPixels(data) });
  }
  return segments;
}
