import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "@almagest/base";
import { encodeFits } from "../write/encode-fits.ts";
import type { HduSpec } from "../write/hdu-spec.ts";

/** Folder of files written by other programs, each beside a JSON of what it holds. */
export const FIXTURES: string = join(import.meta.dirname, "../../fixtures");

/** Small files that between them use every part of the reader: the fixtures, and some written here. */
export function createCorpus(): Map<string, Uint8Array> {
  const corpus = new Map<string, Uint8Array>();
  for (const name of readdirSync(FIXTURES)
    .filter((file) => file.endsWith(".fits"))
    .sort())
    corpus.set(name, new Uint8Array(readFileSync(join(FIXTURES, name))));
  const random = createRandom("fits corpus");
  const pixels = Float32Array.from({ length: 320 }, () => 100 + 5 * random.normal());
  const images: HduSpec[] = [
    { kind: "image", data: Uint16Array.from(pixels, (v) => v * 100), shape: [20, 16] },
    { kind: "image", name: "SCI", data: pixels, shape: [20, 16] },
    {
      kind: "image",
      name: "SCALED",
      data: Int16Array.from(pixels),
      shape: [20, 4, 4],
      scale: { bscale: 0.1, bzero: 3 },
      header: [
        ["BLANK", 100],
        ["LONG", "a long string that goes on and on ".repeat(5), "with comment"],
      ],
    },
    {
      kind: "image",
      name: "GZ",
      data: BigInt64Array.from(pixels, (v) => BigInt(Math.round(v))),
      shape: [20, 16],
      compress: { algorithm: "GZIP_2", tile: [7, 5] },
    },
    {
      kind: "image",
      name: "RICE",
      data: pixels,
      shape: [20, 16],
      compress: { algorithm: "RICE_1", tile: [20, 4] },
    },
  ];
  corpus.set("images", encodeFits(images, { checksum: true }));
  corpus.set(
    "table",
    encodeFits([
      {
        kind: "bintable",
        name: "T",
        columns: [
          { name: "id", data: BigUint64Array.from([1n, 2n ** 63n, 3n]) },
          { name: "name", data: ["one", "", "three"] },
          { name: "pair", data: ["a", "b", "c", "d", "e", "f"], width: 2 },
          { name: "flux", data: pixels.slice(0, 12), width: 4, dims: [2, 2], unit: "nJy" },
          { name: "flag", data: [true, false, true] },
          { name: "bits", data: Uint8Array.from({ length: 33 }, (_, i) => i & 1), width: 11, type: "X" },
          { name: "c", data: pixels.slice(0, 6), type: "C" },
          { name: "n", data: Int32Array.from([1, -1, 5]), nullValue: -1 },
          { name: "v", data: [pixels.slice(0, 3), pixels.slice(0, 0), pixels.slice(2, 9)] },
          { name: "w", data: [Int16Array.of(1), Int16Array.of(2, 3), Int16Array.of()], type: "Q" },
        ],
      },
    ]),
  );
  corpus.set("ascii", createAsciiTable());
  return corpus;
}

/** A file with an ASCII table, which this room reads but does not write. */
export function createAsciiTable(): Uint8Array {
  const cards = [
    "XTENSION= 'TABLE   '",
    "BITPIX  =                    8",
    "NAXIS   =                    2",
    "NAXIS1  =                   32",
    "NAXIS2  =                    3",
    "PCOUNT  =                    0",
    "GCOUNT  =                    1",
    "TFIELDS =                    4",
    "TTYPE1  = 'N       '",
    "TBCOL1  =                    1",
    "TFORM1  = 'I5      '",
    "TNULL1  = '-----   '",
    "TTYPE2  = 'NAME    '",
    "TBCOL2  =                    7",
    "TFORM2  = 'A6      '",
    "TTYPE3  = 'X       '",
    "TBCOL3  =                   14",
    "TFORM3  = 'F8.3    '",
    "TTYPE4  = 'Y       '",
    "TBCOL4  =                   23",
    "TFORM4  = 'D10.3   '",
    "END",
  ];
  const rows = [
    "   12 alpha   12.500  1.500D+10",
    "----- beta      1500  -2.50E-03",
    "   -7           -.250           ",
  ];
  const header = cards.map((card) => card.padEnd(80)).join("");
  const text =
    header.padEnd(2880) +
    rows
      .map((row) => row.padEnd(32))
      .join("")
      .padEnd(2880);
  const primary = encodeFits([{ kind: "image" }]);
  const bytes = new Uint8Array(primary.length + text.length);
  bytes.set(primary);
  for (let i = 0; i < text.length; i++) bytes[primary.length + i] = text.charCodeAt(i);
  return bytes;
}
