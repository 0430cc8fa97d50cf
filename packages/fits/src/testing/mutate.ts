import type { Random } from "@almagest/base";

/** Values that lie, to be put where a card has a number. */
const NASTY = [
  "0",
  "1",
  "-1",
  "2",
  "255",
  "999",
  "1000",
  "65536",
  "2147483647",
  "-2147483648",
  "4294967296",
  "9007199254740993",
  "9223372036854775807",
  "-9223372036854775808",
  "1E308",
  "-0.5",
  "1E-300",
  "NaN",
  "T",
  "'x'",
  "",
  "'unclosed",
  "(1,2)",
] as const;
const FORMATS = [
  "0A",
  "1PB",
  "1QJ(99999)",
  "99999999999D",
  "8X",
  "-1J",
  "P",
  "1PM(3)",
  "3C",
  "0P",
  "1Z",
  "2QE",
] as const;

/** One to four random damages to a file: flipped bytes, lying cards, wild words, truncation, lost or doubled blocks. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let out: Uint8Array = bytes.slice();
  for (let n = 1 + random.integer(4); n > 0; n--) out = KINDS[random.integer(KINDS.length)]!(out, random);
  return out;
}

type Damage = (bytes: Uint8Array, random: Random) => Uint8Array;

const KINDS: readonly Damage[] = [
  flipBytes,
  lieInCard,
  lieInCard,
  lieInCard,
  lieInFormat,
  wildWord,
  wildWord,
  truncate,
  loseBlock,
  swapCards,
];

function flipBytes(bytes: Uint8Array, random: Random): Uint8Array {
  for (let n = 1 + random.integer(8); n > 0 && bytes.length > 0; n--)
    bytes[random.integer(bytes.length)]! ^= 1 << random.integer(8);
  return bytes;
}

/** Offsets of cards with a value indicator, seldom those in the data. */
function findCards(bytes: Uint8Array, wanted: RegExp): number[] {
  const found: number[] = [];
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  for (let at = 0; at + 80 <= text.length; at += 80) if (wanted.test(text.slice(at, at + 10))) found.push(at);
  return found;
}

function putText(bytes: Uint8Array, at: number, text: string): Uint8Array {
  for (let i = 0; i < text.length && at + i < bytes.length; i++) bytes[at + i] = text.charCodeAt(i);
  return bytes;
}

function lieInCard(bytes: Uint8Array, random: Random): Uint8Array {
  const cards = findCards(bytes, /^[A-Z0-9_-]+ *= /);
  const at = cards[random.integer(Math.max(cards.length, 1))];
  return at === undefined
    ? bytes
    : putText(bytes, at + 10, NASTY[random.integer(NASTY.length)]!.padStart(20).padEnd(70));
}

function lieInFormat(bytes: Uint8Array, random: Random): Uint8Array {
  const cards = findCards(bytes, /^T(FORM|DIM)\d+ *= /);
  const at = cards[random.integer(Math.max(cards.length, 1))];
  return at === undefined
    ? bytes
    : putText(bytes, at + 10, `'${FORMATS[random.integer(FORMATS.length)]!}'`.padEnd(70));
}

function wildWord(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length < 8) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = [0, 1, -1, 0x7fffffff, -0x80000000, 0x7fff0000, random.integer(100000)];
  view.setInt32(random.integer(bytes.length >> 2) * 4, values[random.integer(values.length)]!);
  return bytes;
}

function truncate(bytes: Uint8Array, random: Random): Uint8Array {
  return random.uniform() < 0.5 ? bytes : bytes.slice(0, random.integer(bytes.length + 1));
}

function loseBlock(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.integer(Math.floor(bytes.length / 2880) + 1) * 2880;
  const gain = random.uniform() < 0.5 ? 0 : 5760;
  const out = new Uint8Array(Math.max(0, bytes.length + (gain === 0 ? -2880 : 2880)));
  out.set(bytes.subarray(0, Math.min(at, out.length)));
  const rest = bytes.subarray(gain === 0 ? at + 2880 : at);
  const to = gain === 0 ? at : at + 2880;
  if (to < out.length) out.set(rest.subarray(0, out.length - to), to);
  return out;
}

function swapCards(bytes: Uint8Array, random: Random): Uint8Array {
  const cards = findCards(bytes, /^[A-Z0-9_-]+ *= /);
  if (cards.length < 2) return bytes;
  const [a, b] = [cards[random.integer(cards.length)]!, cards[random.integer(cards.length)]!];
  const copy = bytes.slice(a, a + 80);
  bytes.copyWithin(a, b, b + 80);
  bytes.set(copy, b);
  return bytes;
}
