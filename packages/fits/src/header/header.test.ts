import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import fc from "fast-check";
import { Header } from "./header.ts";
import { parseHeader } from "./parse-header.ts";

const CARDS = [
  "SIMPLE  =                    T / standard",
  "BITPIX  =                    8",
  "NAXIS   =                    0",
  "OBJECT  = 'It''s M 31'         / what / where",
  "EXPTIME =                 3.5D1 / [s]",
  "EMPTY   =                      / no value",
  "BIG     =  9223372036854775807",
  "Z       = (1.5, -2E3)",
  "DUP     =                    1",
  "DUP     =                    2",
  "HIERARCH ESO DET CHIP1 ID = 'CCD-1   ' / chip",
  "COMMENT   = not a value",
  "HISTORY line one",
  "HISTORY line two",
  "LONGSTR = 'first part, &'",
  "CONTINUE  'second part&'",
  "CONTINUE  '' / and its comment",
  "AMP     = 'ends in &'",
  "odd-card without value indicator",
  "BROKEN  = 12..5",
  "",
  "MJD-OBS =       60000.12345678",
];

function toBytes(cards: readonly string[]): Uint8Array {
  const text = [...cards, "END"].map((card) => card.padEnd(80)).join("");
  return Uint8Array.from(text.padEnd(Math.ceil(text.length / 2880) * 2880), (c) => c.charCodeAt(0));
}

test("every kind of card is read, and written back byte for byte", () => {
  const bytes = toBytes(CARDS);
  const header = parseHeader(bytes);
  assert.equal(header.byteLength, 2880);
  assert.equal(header.get("OBJECT"), "It's M 31");
  assert.equal(header.card("OBJECT")!.comment, "what / where");
  assert.equal(header.get("exptime"), 35);
  assert.equal(header.get("EMPTY"), undefined);
  assert.ok(header.has("EMPTY"));
  assert.equal(header.get("BIG"), 9223372036854775807n);
  assert.deepEqual(header.get("Z"), { re: 1.5, im: -2000 });
  assert.deepEqual(header.getAll("DUP"), [1, 2]);
  assert.equal(header.get("HIERARCH ESO DET CHIP1 ID"), "CCD-1");
  assert.equal(header.getString("eso det chip1 id"), "CCD-1");
  assert.deepEqual(header.getAll("HISTORY"), ["line one", "line two"]);
  assert.equal(header.get("LONGSTR"), "first part, second part");
  assert.equal(header.card("LONGSTR")!.comment, "and its comment");
  assert.equal(header.get("AMP"), "ends in &");
  assert.equal(header.get("COMMENT"), "  = not a value");
  assert.deepEqual(header.toBytes(), bytes);
});

test("an unreadable value spoils only its own card and is named with its offset", () => {
  const header = parseHeader(toBytes(CARDS), 0, 5760);
  const offset = 5760 + 80 * CARDS.indexOf("BROKEN  = 12..5");
  assert.throws(
    () => header.get("BROKEN"),
    (error) =>
      isAlmagestError(error, "FITS.CARD_INVALID") &&
      error.fields.card === "BROKEN" &&
      error.fields.offset === offset,
  );
  assert.equal(header.getNumber("MJD-OBS"), 60000.12345678);
});

test("typed access refuses other types and missing cards by code", () => {
  const header = parseHeader(toBytes(CARDS));
  const refused = (code: string, action: () => unknown): void =>
    assert.throws(action, (error) => isAlmagestError(error, code));
  refused("FITS.CARD_TYPE", () => header.getNumber("OBJECT"));
  refused("FITS.CARD_TYPE", () => header.getString("BITPIX"));
  refused("FITS.CARD_TYPE", () => header.getBoolean("BITPIX"));
  refused("FITS.CARD_MISSING", () => header.requireNumber("ABSENT"));
  refused("FITS.CARD_INVALID", () => header.getInteger("MJD-OBS"));
  assert.equal(header.getNumber("ABSENT"), undefined);
});

test("setting keeps place and comment; what is not touched keeps its bytes", () => {
  const header = parseHeader(toBytes(CARDS));
  header.set("EXPTIME", 40).set("NEW", "value", "added").delete("DUP");
  assert.equal(header.cards[4]!.raw.trimEnd(), "EXPTIME =                   40 / [s]");
  assert.equal(header.cards[3]!.raw, CARDS[3]!.padEnd(80));
  assert.equal(header.cards.at(-1)!.keyword, "NEW");
  assert.ok(!header.has("DUP"));
  assert.equal(header.clone().set("SIMPLE", true).cards[0], header.cards[0]);
});

test("a header without END is refused", () => {
  assert.throws(
    () => parseHeader(toBytes(CARDS).fill(0x20, 80 * CARDS.length)),
    (error) => isAlmagestError(error, "FITS.HEADER_INVALID"),
  );
});

test("any value written is read back the same", () => {
  const printable = fc.stringMatching(/^[\x20-\x7e]{0,300}$/);
  const keyword = fc.oneof(fc.stringMatching(/^[A-Z][A-Z0-9_-]{0,7}$/), fc.constant("ESO A LONGER KEYWORD"));
  const value = fc.oneof(
    printable,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }),
    fc.boolean(),
    fc.constant(undefined),
  );
  fc.assert(
    fc.property(keyword, value, printable, (name, wanted, comment) => {
      fc.pre(!["COMMENT", "HISTORY", "END", "CONTINUE", "HIERARCH"].includes(name));
      const header = Header.of([
        [name, wanted, typeof wanted === "string" ? comment : comment.slice(0, 20)],
        ["AFTER", 1],
      ]);
      const read = parseHeader(header.toBytes());
      const expected = typeof wanted === "string" ? wanted.trimEnd() : wanted;
      assert.deepEqual(read.get(name), expected);
      assert.equal(read.get("AFTER"), 1);
      assert.deepEqual(read.toBytes(), header.toBytes());
    }),
    { seed: 1, numRuns: 300 },
  );
});

test("what no header can hold is refused", () => {
  for (const [keyword, value] of [
    ["A", Number.NaN],
    ["A", "naïve"],
    ["lower=case", 1],
    ["A", Number.POSITIVE_INFINITY],
  ] as const)
    assert.throws(
      () => Header.of([[keyword, value]]),
      (error) => isAlmagestError(error, "FITS.VALUE_UNWRITABLE"),
    );
});
