import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CompressSpec, openFits, type PixelArray, writeFits } from "../../packages/fits/src/index.ts";
import { digestPixels, findAstropy, hasFpack, numpyType } from "../../packages/fits/src/testing/astropy.ts";
import type { Bar } from "../../scripts/bar.ts";

interface Made {
  readonly made: readonly string[];
  readonly images: readonly string[];
}

type Measured = Awaited<ReturnType<Bar["measure"]>>;

/** Lets fpack and funpack make their files in a folder that is removed afterwards. */
async function withFiles(use: (folder: string, made: Made) => Promise<Measured>): Promise<Measured> {
  const python = findAstropy();
  if (python === undefined || !hasFpack()) return { figure: "no astropy, or no fpack", pass: false };
  const folder = mkdtempSync(join(tmpdir(), "almagest-fits-"));
  try {
    const script = join(import.meta.dirname, "make-images.py");
    return await use(
      folder,
      JSON.parse(execFileSync(python, [script, folder, "7"], { encoding: "utf8" })) as Made,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The pixels of the first image in a file that has any. */
async function readPixels(path: string): Promise<PixelArray> {
  await using file = await openFits(path);
  const hdu = file.hdus.find((candidate) => candidate.shape.length > 0)!;
  return (await hdu.readImage()).data;
}

function isSame(a: PixelArray, b: PixelArray): boolean {
  return numpyType(a) === numpyType(b) && digestPixels(a) === digestPixels(b);
}

function verdict(total: number, differing: readonly string[]): Measured {
  return {
    figure: `${total - differing.length} of ${total} the same`,
    pass: differing.length === 0 && total > 0,
    note: differing.slice(0, 4).join("; "),
  };
}

const measureReading = (): Promise<Measured> =>
  withFiles(async (folder, { made }) => {
    const differing: string[] = [];
    for (const name of made) {
      const [ours, theirs] = [
        await readPixels(join(folder, `${name}.fz`)),
        await readPixels(join(folder, `${name}.ref`)),
      ];
      if (!isSame(ours, theirs)) differing.push(name);
    }
    return verdict(made.length, differing);
  });

function listCompressions(image: string): CompressSpec[] {
  const tiles = image.endsWith("n") ? [undefined] : [undefined, [50, 40], [121, 83]];
  const quantize = image.startsWith("f")
    ? ([
        undefined,
        { level: 4, dither: 1, seed: 7 },
        { level: 8, dither: 2, seed: 9999 },
        { level: -0.5, dither: 0, seed: 1 },
      ] as const)
    : [undefined];
  return (["RICE_1", "GZIP_1", "GZIP_2"] as const).flatMap((algorithm) =>
    tiles.flatMap((tile) =>
      quantize.map((choice) => ({
        algorithm,
        ...(tile === undefined ? {} : { tile }),
        ...(choice === undefined ? {} : { quantize: choice }),
      })),
    ),
  );
}

const measureWriting = (): Promise<Measured> =>
  withFiles(async (folder, { images }) => {
    const differing: string[] = [];
    let total = 0;
    for (const image of images) {
      const data = await readPixels(join(folder, `${image}.fits`));
      for (const compress of listCompressions(image)) {
        const [packed, plain] = [join(folder, `${total}.ours.fz`), join(folder, `${total++}.ours.fits`)];
        await writeFits(packed, [{ kind: "image", name: "SCI", data, shape: [121, 83], compress }], {
          checksum: true,
        });
        execFileSync("funpack", ["-O", plain, packed]);
        const [ours, theirs] = [await readPixels(packed), await readPixels(plain)];
        const lossless = !(data instanceof Float32Array || data instanceof Float64Array);
        if (!isSame(ours, theirs) || (lossless && !isSame(ours, data)))
          differing.push(`${image} ${JSON.stringify(compress)}`);
      }
    }
    return verdict(total, differing);
  });

const measureSameBytes = (): Promise<Measured> =>
  withFiles(async (folder) => {
    const differing: string[] = [];
    let total = 0;
    for (const [image, option, level, dither] of [
      ["f32", "rice_q8", 8, 1],
      ["f32", "rice", 4, 1],
      ["f64", "rice", 4, 1],
      ["f32", "rice_tile", 4, 1],
      ["f32", "rice_qz4", 4, 2],
      ["f64", "rice_qz4", 4, 2],
      ["f32n", "rice_qz4", 4, 2],
    ] as const) {
      await using theirs = await openFits(join(folder, `${image}-${option}.fz`));
      const seed = theirs.hdus[1]!.storedHeader.requireInteger("ZDITHER0");
      const data = await readPixels(join(folder, `${image}.fits`));
      const tile = option === "rice_tile" ? { tile: [50, 40] } : {};
      const compress = { algorithm: "RICE_1", quantize: { level, dither, seed }, ...tile } as const;
      const path = join(folder, `same-${image}-${option}.fz`);
      await writeFits(path, [{ kind: "image", data, shape: [121, 83], compress }]);
      await using ours = await openFits(path);
      const column = async (file: typeof ours): Promise<Uint8Array[]> =>
        (await file.hdus[1]!.readTable()).columns.get("COMPRESSED_DATA")!.data as Uint8Array[];
      const [a, b] = [await column(ours), await column(theirs)];
      for (let row = 0; row < b.length; row++, total++)
        if (Buffer.compare(a[row]!, b[row]!) !== 0) differing.push(`${image}-${option} tile ${row + 1}`);
    }
    return verdict(total, differing);
  });

export const bars: Bar[] = [
  {
    name: "images that fpack compressed",
    goal: "every pixel as funpack restores it",
    measure: measureReading,
  },
  {
    name: "images compressed here",
    goal: "funpack restores what is read here, and integers exactly",
    measure: measureWriting,
  },
  {
    name: "tiles of dithered floats, SUBTRACTIVE_DITHER_1 and 2",
    goal: "the very bytes that fpack writes with the same seed",
    measure: measureSameBytes,
  },
];
