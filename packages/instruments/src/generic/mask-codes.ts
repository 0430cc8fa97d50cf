import { openFits } from "@almagest/fits";
import { type Mask, maskBits } from "@almagest/images";

/** Planes of the DECam Community Pipeline's codes (one number per pixel) since its version 3.5. */
const CODES: Readonly<Record<number, string>> = {
  1: "BAD",
  2: "NO_DATA",
  3: "SAT",
  4: "SAT",
  5: "CR",
  6: "BAD",
  7: "SUSPECT",
  8: "STREAK",
};

/** Adds a companion mask: DECam's codes where all values are such, otherwise any value but 0 is bad. */
export function applyMaskPlane(mask: Mask, plane: Float32Array): void {
  const coded = plane.every((value) => value === 0 || CODES[value] !== undefined);
  const bits = new Map(Object.entries(CODES).map(([code, name]) => [Number(code), maskBits([name])]));
  const bad = maskBits(["BAD"]);
  for (let i = 0; i < plane.length; i++) {
    const value = plane[i]!;
    if (value !== 0) mask.data[i]! |= coded ? bits.get(value)! : bad;
  }
}

/** Planes of the HDUs of an SDSS fpM file, in its order (S_MASK_INTERP, SATUR, NOTCHECKED, … GHOST, CR); others say nothing of pixels. */
const SDSS_PLANES: Readonly<Record<number, readonly string[]>> = {
  1: ["INTRP"],
  2: ["SAT"],
  3: ["EDGE"],
  9: ["SUSPECT"],
  10: ["CR"],
};

/** Adds the spans of an SDSS fpM file: rows of the column `s` hold triples of 16-bit y, first x, last x. */
export async function applySdssSpans(mask: Mask, path: string): Promise<void> {
  await using fits = await openFits(path);
  const { width, height } = mask.bbox;
  for (const [hdu, planes] of Object.entries(SDSS_PLANES)) {
    const table = await fits.hdu(Number(hdu)).readTable({ columns: ["s"] });
    const bits = maskBits(planes);
    const rows = (table.columns.get("s")?.data ?? []) as readonly unknown[];
    for (const row of rows) {
      if (!(row instanceof Uint8Array)) continue;
      const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
      for (let at = 0; at + 6 <= row.byteLength; at += 6) {
        const y = view.getInt16(at);
        if (y < 0 || y >= height) continue;
        const last = Math.min(width - 1, view.getInt16(at + 4));
        for (let x = Math.max(0, view.getInt16(at + 2)); x <= last; x++) mask.data[y * width + x]! |= bits;
      }
    }
  }
}
