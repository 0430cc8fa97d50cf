import { AlmagestError } from "@almagest/base";
import {
  BLOCK_BYTES,
  CARD_BYTES,
  type Card,
  type CardSpec,
  type CardValue,
  isCommentaryKeyword,
  normalizeKeyword,
} from "./card.ts";
import { formatCard } from "./format-card.ts";

/** The cards of one header in their order, duplicates and undefined values included; untouched cards keep their bytes. */
export class Header {
  #cards: Card[];
  #index: Map<string, number> | undefined;
  /** Bytes the header took in its file, padding included; 0 when it was made here. */
  readonly byteLength: number;
  /** Byte offset of the header in its file; −1 when it was made here. */
  readonly offset: number;

  constructor(cards: Iterable<Card> = [], place: { byteLength?: number; offset?: number } = {}) {
    this.#cards = [...cards];
    this.byteLength = place.byteLength ?? 0;
    this.offset = place.offset ?? -1;
  }

  /** Makes a header of card specifications. */
  static of(specs: Iterable<CardSpec>): Header {
    const header = new Header();
    for (const [keyword, value, comment] of specs) header.add(keyword, value, comment);
    return header;
  }

  /** All cards in order. */
  get cards(): readonly Card[] {
    return this.#cards;
  }

  [Symbol.iterator](): IterableIterator<Card> {
    return this.#cards[Symbol.iterator]();
  }

  /** The first card of this keyword (case does not matter, `HIERARCH ` may be left out). */
  card(keyword: string): Card | undefined {
    if (this.#index === undefined) {
      this.#index = new Map();
      for (let i = this.#cards.length - 1; i >= 0; i--) this.#index.set(this.#cards[i]!.keyword, i);
    }
    const at = this.#index.get(normalizeKeyword(keyword));
    return at === undefined ? undefined : this.#cards[at];
  }

  /** True when a card of this keyword exists, even if its value is undefined. */
  has(keyword: string): boolean {
    return this.card(keyword) !== undefined;
  }

  /** Value of the first card of this keyword; undefined when absent or blank. Throws `FITS.CARD_INVALID` when unreadable. */
  get(keyword: string): CardValue {
    const card = this.card(keyword);
    return card === undefined ? undefined : readValue(card);
  }

  /** Values of all cards of this keyword in order: the lines of HISTORY, or duplicates. */
  getAll(keyword: string): CardValue[] {
    const name = normalizeKeyword(keyword);
    return this.#cards.filter((card) => card.keyword === name).map(readValue);
  }

  /** A number, or undefined when absent or blank; throws `FITS.CARD_TYPE` for anything else. */
  getNumber(keyword: string): number | undefined {
    const value = this.get(keyword);
    if (value === undefined || typeof value === "number") return value;
    if (typeof value === "bigint") return Number(value);
    return this.#wrongType(keyword, "a number");
  }

  /** A string, or undefined when absent or blank; throws `FITS.CARD_TYPE` for anything else. */
  getString(keyword: string): string | undefined {
    const value = this.get(keyword);
    return value === undefined || typeof value === "string" ? value : this.#wrongType(keyword, "a string");
  }

  /** A boolean, or undefined when absent or blank; throws `FITS.CARD_TYPE` for anything else. */
  getBoolean(keyword: string): boolean | undefined {
    const value = this.get(keyword);
    return value === undefined || typeof value === "boolean" ? value : this.#wrongType(keyword, "T or F");
  }

  /** A whole number in [min, max], or undefined when absent; throws `FITS.CARD_TYPE` or `FITS.CARD_INVALID`. */
  getInteger(
    keyword: string,
    min = Number.MIN_SAFE_INTEGER,
    max = Number.MAX_SAFE_INTEGER,
  ): number | undefined {
    const value = this.getNumber(keyword);
    if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return value;
    const card = this.card(keyword)!;
    throw new AlmagestError(
      "FITS.CARD_INVALID",
      `Card ${card.keyword} at byte ${card.offset} is ${value}, not a whole number from ${min} to ${max}.`,
      { fields: { card: card.keyword, offset: card.offset, value } },
    );
  }

  /** As getNumber, but throws `FITS.CARD_MISSING` when absent. */
  requireNumber(keyword: string): number {
    return this.getNumber(keyword) ?? this.#missing(keyword);
  }

  /** As getString, but throws `FITS.CARD_MISSING` when absent. */
  requireString(keyword: string): string {
    return this.getString(keyword) ?? this.#missing(keyword);
  }

  /** As getBoolean, but throws `FITS.CARD_MISSING` when absent. */
  requireBoolean(keyword: string): boolean {
    return this.getBoolean(keyword) ?? this.#missing(keyword);
  }

  /** As getInteger, but throws `FITS.CARD_MISSING` when absent. */
  requireInteger(keyword: string, min?: number, max?: number): number {
    return this.getInteger(keyword, min, max) ?? this.#missing(keyword);
  }

  /** Replaces the first card of this keyword in its place, keeping its comment unless one is given; else appends. */
  set(keyword: string, value: CardValue, comment?: string): this {
    const name = normalizeKeyword(keyword);
    const old = this.card(name);
    if (old === undefined || isCommentaryKeyword(name)) return this.add(name, value, comment);
    if (old.problem === undefined && old.value === value && (comment ?? old.comment) === old.comment)
      return this;
    this.#cards[this.#cards.indexOf(old)] = createCard(name, value, comment ?? old.comment);
    this.#index = undefined;
    return this;
  }

  /** Appends a card, even when one of this keyword exists; long COMMENT and HISTORY texts become several cards. */
  add(keyword: string, value: CardValue, comment = ""): this {
    const name = normalizeKeyword(keyword);
    if (isCommentaryKeyword(name)) {
      const raw = formatCard(name, value);
      for (let at = 0; at < raw.length; at += CARD_BYTES) {
        const line = raw.slice(at, at + CARD_BYTES);
        this.#cards.push({ ...createCard(name, line.slice(8).trimEnd(), ""), raw: line });
      }
    } else this.#cards.push(createCard(name, value, comment));
    this.#index = undefined;
    return this;
  }

  /** Appends a card as it is, bytes and all. */
  addCard(card: Card): this {
    this.#cards.push(card);
    this.#index = undefined;
    return this;
  }

  /** Removes every card of this keyword; true when there was one. */
  delete(keyword: string): boolean {
    const name = normalizeKeyword(keyword);
    const kept = this.#cards.filter((card) => card.keyword !== name);
    const changed = kept.length < this.#cards.length;
    this.#cards = kept;
    this.#index = undefined;
    return changed;
  }

  /** A copy that can be changed without changing this one. */
  clone(): Header {
    return new Header(this.#cards, { byteLength: this.byteLength, offset: this.offset });
  }

  /** The header's bytes with END card and padding to whole 2880-byte blocks. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const text = `${this.#cards.map((card) => card.raw).join("")}${"END".padEnd(CARD_BYTES)}`;
    const bytes = new Uint8Array(Math.ceil(text.length / BLOCK_BYTES) * BLOCK_BYTES).fill(0x20);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
  }

  #wrongType(keyword: string, wanted: string): never {
    const card = this.card(keyword)!;
    throw new AlmagestError(
      "FITS.CARD_TYPE",
      `Card ${card.keyword} at byte ${card.offset} holds ${describe(card.value)}, not ${wanted}.`,
      { fields: { card: card.keyword, offset: card.offset, value: describe(card.value) } },
    );
  }

  #missing(keyword: string): never {
    throw new AlmagestError(
      "FITS.CARD_MISSING",
      `The header at byte ${this.offset} has no value for ${keyword}.`,
      {
        fields: { card: normalizeKeyword(keyword), offset: this.offset },
      },
    );
  }
}

function createCard(keyword: string, value: CardValue, comment: string): Card {
  const kind = isCommentaryKeyword(keyword) ? "commentary" : "value";
  return { keyword, kind, value, comment, raw: formatCard(keyword, value, comment), offset: -1 };
}

function readValue(card: Card): CardValue {
  if (card.problem === undefined) return card.value;
  throw new AlmagestError(
    "FITS.CARD_INVALID",
    `Card ${card.keyword} at byte ${card.offset}: ${card.problem}.`,
    {
      fields: { card: card.keyword, offset: card.offset },
    },
  );
}

function describe(value: CardValue): string {
  if (typeof value === "object") return `(${value.re}, ${value.im})`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
