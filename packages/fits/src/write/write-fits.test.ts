import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openFits } from "../file/open-fits.ts";
import type { PixelArray } from "../image/pixel-array.ts";
import { encodeFits } from "./encode-fits.ts";
import type { HduSpec } from "./hdu-spec.ts";
import { writeFits } from "./write-fits.ts";

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "almagest-fits-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Longer than several pieces, and no multiple of a piece or a block. */
const PIXELS = 3 * 65536 + 321;

const planes: PixelArray[] = [
  Float32Array.from({ length: PIXELS }, (_, i) => (i * 2654435761) % 1013),
  Uint16Array.from({ length: PIXELS }, (_, i) => (i * 40503) % 65536),
  BigInt64Array.from({ length: PIXELS }, (_, i) => BigInt(i) * -977n),
];

test("images longer than a piece are written whole, with sums that verify, and seen byte by byte in order", async (t) => {
  const path = join(await makeFolder(t), "a.fits");
  const hdus: HduSpec[] = [
    ...planes.map((data): HduSpec => ({ kind: "image", data, shape: [data.length] })),
    { kind: "bintable", columns: [{ name: "A", data: Int32Array.of(1, 2, 3) }] },
  ];
  const seen: Uint8Array[] = [];
  await writeFits(path, hdus, { checksum: true, seen: (bytes) => seen.push(bytes.slice()) });
  const bytes = new Uint8Array(await readFile(path));
  assert.deepEqual(new Uint8Array(Buffer.concat(seen)), bytes);
  assert.deepEqual(encodeFits(hdus, { checksum: true }), bytes);
  const file = await openFits(bytes);
  for (const [k, data] of planes.entries()) {
    assert.deepEqual((await file.hdus[k]!.readImage()).data, data);
    assert.deepEqual(await file.hdus[k]!.verifyChecksum(), { checksum: "ok", datasum: "ok" });
  }
});

test("duplicate, undefined, commentary, long and unreadable cards of a file keep their bytes and order when it is written again", async (t) => {
  const cards = [
    "DUP     =                    1 / the first",
    "EMPTY   =                      / undefined",
    "DUP     =                    2 / the second",
    "HISTORY one",
    "LONGSTR = 'a string that runs on over more than one card, as CONTINUE lets it &'",
    "CONTINUE  'to its end' / with a comment",
    "HIERARCH ESO DET CHIP1 ID = 'CCD-1' / of another observatory",
    "DUP     =",
    "BROKEN  = 12..5",
    "HISTORY two",
    "COMMENT   kept   as   it   is",
    "",
    "DUP     = 'text'",
  ];
  const pixels = Int16Array.of(1, 2, 3);
  // A header by another hand: structural cards first, then these.
  const plain = encodeFits([{ kind: "image", data: pixels, shape: [3] }]);
  const at = Buffer.from(plain).indexOf("END".padEnd(80));
  const foreign = plain.slice();
  const text = [...cards, "END"].map((card) => card.padEnd(80)).join("");
  foreign.set(Buffer.from(text, "latin1"), at);
  const read = await openFits(foreign);
  const { header } = read.hdus[0]!;
  assert.deepEqual(header.getAll("DUP").length, 4);
  assert.equal(header.get("EMPTY"), undefined);
  const path = join(await makeFolder(t), "again.fits");
  for (const compress of [undefined, { algorithm: "RICE_1" } as const]) {
    const spec = { kind: "image", header, data: pixels, shape: [3] } as const;
    await writeFits(path, [compress === undefined ? spec : { ...spec, compress }]);
    await using again = await openFits(path);
    const kept = again.hdus.at(-1)!.header;
    const raws = kept.cards.map((card) => card.raw).join("");
    assert.ok(
      raws.includes(cards.map((card) => card.padEnd(80)).join("")),
      `${compress?.algorithm ?? "plain"}: ${raws.match(/.{80}/g)?.join("\n")}`,
    );
  }
});
