import { stat } from "node:fs/promises";
import { isAlmagestError } from "@almagest/base";
import { openFits } from "@almagest/fits";
import type { FrameInfo } from "@almagest/instruments";

/** Why a FITS file's data cannot be whole; undefined when they can. Gzipped files are checked when they are unpacked. */
async function findLoss(path: string): Promise<string | undefined> {
  try {
    await using fits = await openFits(path);
    const end = Math.max(...fits.hdus.map(({ dataOffset, dataBytes }) => dataOffset + dataBytes));
    const { size } = await stat(path);
    // Unpacked bytes of a compressed file are not in the file.
    const isPlain = size >= fits.hdus.at(-1)!.dataOffset && !/\.gz$/i.test(path);
    if (isPlain && end > size) return `truncated: its images need ${end} bytes, the file has ${size}`;
    const last = fits.hdus.at(-1)!;
    if (!isPlain && last.dataBytes > 0) await last.readBytes();
    return undefined;
  } catch (error) {
    if (!isAlmagestError(error)) throw error;
    return `truncated: ${error.message}`;
  }
}

/** Turns frames whose files lack some of their data into unknown ones that say so, so that the rest can go on without them. */
export async function checkComplete(frames: readonly FrameInfo[]): Promise<FrameInfo[]> {
  const losses = new Map<string, string | undefined>();
  for (const { path, kind } of frames) {
    if (kind !== "unknown" && !losses.has(path)) losses.set(path, await findLoss(path));
  }
  return frames.map((frame) => {
    const loss = losses.get(frame.path);
    return loss === undefined ? frame : { ...frame, kind: "unknown", notes: [loss] };
  });
}
