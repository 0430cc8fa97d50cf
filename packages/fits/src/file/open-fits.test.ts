import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { isAlmagestError } from "@almagest/base";
import { encodeFits } from "../write/encode-fits.ts";
import { writeFits } from "../write/write-fits.ts";
import { openFits } from "./open-fits.ts";

const SPECS = [
  { kind: "image", data: Int16Array.of(1, 2, 3), shape: [3], header: [["OBJECT", "first"]] },
  { kind: "image", name: "SCI", version: 1, data: Float32Array.of(1), shape: [1] },
  { kind: "image", name: "SCI", version: 2, data: Float32Array.of(2), shape: [1] },
] as const;

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "almagest-fits-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Puts text over the value field of a card. */
function lie(bytes: Uint8Array, keyword: string, value: string): Uint8Array {
  const out = Buffer.from(bytes);
  const at = out.indexOf(`${keyword.padEnd(8)}= `);
  assert.ok(at >= 0);
  out.write(value.padStart(20).padEnd(70), at + 10, "latin1");
  return new Uint8Array(out);
}

const refused = (code: string, promise: Promise<unknown>): Promise<void> =>
  assert.rejects(promise, (error) => isAlmagestError(error, code));

test("a file is written whole and read by path, gzipped or not; HDUs are found by name and version", async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, "a.fits");
  await writeFits(path, SPECS, { checksum: true });
  await writeFile(`${path}.gz`, gzipSync(encodeFits(SPECS)));
  assert.deepEqual(await readdir(folder), ["a.fits", "a.fits.gz"]);
  for (const name of [path, `${path}.gz`]) {
    await using file = await openFits(name);
    assert.equal(file.hdu("PRIMARY").header.get("OBJECT"), "first");
    assert.deepEqual((await file.hdu("sci", 2).readImage()).data, Float32Array.of(2));
    assert.deepEqual((await file.hdu("SCI").readImage()).data, Float32Array.of(1));
    assert.throws(
      () => file.hdu("SCI", 3),
      (error) => isAlmagestError(error, "FITS.HDU_MISSING"),
    );
    const verdict = await file.hdu(1).verifyChecksum();
    const state = name === path ? "ok" : "absent";
    assert.deepEqual(verdict, { checksum: state, datasum: state });
  }
});

test("a failed write leaves nothing behind", async (t) => {
  const folder = await makeFolder(t);
  const bad = { kind: "image", data: new Uint8Array(5), shape: [2, 2] } as const;
  await refused("FITS.SPEC_INVALID", writeFits(join(folder, "a.fits"), [SPECS[0], bad]));
  await refused("FITS.FILE_UNREADABLE", writeFits(join(folder, "no", "a.fits"), SPECS));
  assert.deepEqual(await readdir(folder), []);
});

test("a flipped bit shows in the checksums", async () => {
  const bytes = encodeFits(SPECS, { checksum: true });
  bytes[2880 + 1]! ^= 4;
  const file = await openFits(bytes);
  assert.deepEqual(await file.hdus[0]!.verifyChecksum(), { checksum: "wrong", datasum: "wrong" });
  assert.deepEqual(await file.hdus[1]!.verifyChecksum(), { checksum: "ok", datasum: "ok" });
});

test("what is no FITS file, or none any more, is refused with the place", async () => {
  const bytes = encodeFits(SPECS);
  await refused("FITS.NOT_FITS", openFits(new Uint8Array(0)));
  await refused("FITS.NOT_FITS", openFits(Buffer.from("hello")));
  await refused("FITS.FILE_UNREADABLE", openFits("/nowhere/at/all.fits"));
  await refused("FITS.GZIP_INVALID", openFits(gzipSync(bytes).subarray(0, 60)));
  await refused("FITS.HEADER_INVALID", openFits(bytes.subarray(0, 2880 * 2 + 400)));
  const cut = await openFits(bytes.subarray(0, 2880 * 5 + 2));
  await refused("FITS.TRUNCATED", cut.hdu("SCI", 2).readImage());
});

test("a tolerant reader keeps the intact HDUs and lists the damage", async () => {
  const bytes = encodeFits(SPECS).subarray(0, 2880 * 4 + 400);
  const file = await openFits(bytes, { tolerant: true });
  assert.deepEqual(
    file.hdus.map((hdu) => hdu.name),
    ["PRIMARY", "SCI"],
  );
  assert.deepEqual(
    file.damage.map((error) => error.code),
    ["FITS.HEADER_INVALID"],
  );
});

test("lying cards are refused before anything is allocated", async () => {
  const bytes = encodeFits(SPECS);
  for (const [keyword, value, code] of [
    ["BITPIX", "17", "FITS.CARD_INVALID"],
    ["BITPIX", "'x'", "FITS.CARD_TYPE"],
    ["NAXIS", "-1", "FITS.CARD_INVALID"],
    ["NAXIS", "2", "FITS.CARD_MISSING"],
    ["NAXIS1", "9007199254740991", "FITS.STRUCTURE_INVALID"],
    ["PCOUNT", "-8", "FITS.CARD_INVALID"],
    ["XTENSION", "1", "FITS.CARD_TYPE"],
  ] as const)
    await refused(code, openFits(lie(bytes, keyword, value)));
  const huge = await openFits(lie(bytes, "NAXIS1", "4000000000000"));
  assert.equal(huge.hdus.length, 1);
  await refused("FITS.LIMIT_EXCEEDED", huge.hdus[0]!.readImage());
  const long = await openFits(lie(bytes, "NAXIS1", "400000000"));
  await refused("FITS.TRUNCATED", long.hdus[0]!.readImage());
  await refused("FITS.LIMIT_EXCEEDED", (await openFits(bytes, { maxBytes: 10 })).hdus[0]!.readImage());
});

test("a gzip bomb stops at its limit", async () => {
  const bomb = gzipSync(new Uint8Array(64 * 2 ** 20));
  await refused("FITS.GZIP_INVALID", openFits(bomb, { maxBytes: 2 ** 20 }));
});

test("an image is no table and a table no image", async () => {
  const table = { kind: "bintable", columns: [{ name: "a", data: Uint8Array.of(1) }] } as const;
  const file = await openFits(encodeFits([SPECS[0], table]));
  await refused("FITS.KIND_MISMATCH", file.hdus[0]!.readTable());
  await refused("FITS.KIND_MISMATCH", file.hdus[1]!.readImage());
});
