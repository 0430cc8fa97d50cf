import { createRandom, isAlmagestError } from "@almagest/base";
import { openFits } from "../file/open-fits.ts";
import { createCorpus } from "./corpus.ts";
import { mutate } from "./mutate.ts";

/** Most memory a damaged file of some kilobytes may ask for. */
const MAX_BYTES = 256 * 2 ** 20;

/** What a fuzz campaign saw. */
export interface FuzzResult {
  readonly files: number;
  /** Files of which every part was read. */
  readonly sound: number;
  /** Refusals by error code. */
  readonly refusals: ReadonlyMap<string, number>;
  /** Anything else than a coded error of this room, or reading that took too long. */
  readonly failures: readonly string[];
  readonly slowestMs: number;
}

/** Damages files of the corpus at random and reads every part of each; `now` gives milliseconds. */
export async function fuzz(
  seed: string,
  files: number,
  options: { readonly now: () => number; readonly maxMs: number },
): Promise<FuzzResult> {
  const corpus = [...createCorpus()];
  const refusals = new Map<string, number>();
  const failures: string[] = [];
  let sound = 0;
  let slowestMs = 0;
  for (let i = 0; i < files; i++) {
    const random = createRandom(`${seed}/${i}`);
    const [name, bytes] = corpus[random.integer(corpus.length)]!;
    const damaged = mutate(bytes, random);
    const start = options.now();
    const errors = await exercise(damaged);
    const tookMs = options.now() - start;
    slowestMs = Math.max(slowestMs, tookMs);
    if (tookMs > options.maxMs) failures.push(`${seed}/${i} (${name}): ${Math.round(tookMs)} ms`);
    if (errors.length === 0) sound++;
    for (const error of errors) {
      if (isAlmagestError(error, "FITS.")) refusals.set(error.code, (refusals.get(error.code) ?? 0) + 1);
      else failures.push(`${seed}/${i} (${name}): ${(error as Error).stack}`);
    }
  }
  return { files, sound, refusals, failures, slowestMs };
}

/** Reads everything of a file in every way and returns what was thrown. */
export async function exercise(bytes: Uint8Array): Promise<unknown[]> {
  const errors: unknown[] = [];
  const attempt = async (action: () => Promise<unknown>): Promise<void> => {
    try {
      await action();
    } catch (error) {
      errors.push(error);
    }
  };
  await attempt(async () => {
    await openFits(bytes, { maxBytes: MAX_BYTES });
  });
  await attempt(async () => {
    const file = await openFits(bytes, { maxBytes: MAX_BYTES, tolerant: true });
    for (const hdu of file.hdus) {
      const isTable = hdu.kind === "bintable" || hdu.kind === "table";
      if (isTable) {
        await attempt(() => hdu.readTable());
        await attempt(() => hdu.readTable({ rowStart: 1, rowCount: 1 }));
      } else {
        await attempt(() => hdu.readImage());
        const [nx = 0, ny = 0] = hdu.shape;
        if (nx >= 8 && ny >= 8)
          await attempt(() => hdu.readImage({ raw: true, section: { x0: 3, y0: 2, width: 5, height: 6 } }));
        if (hdu.kind === "compressed-image") await attempt(() => hdu.readTable());
      }
      await attempt(() => hdu.verifyChecksum());
      await attempt(async () => hdu.header.toBytes());
    }
  });
  return errors;
}
