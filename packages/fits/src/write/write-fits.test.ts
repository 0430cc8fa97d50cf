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
