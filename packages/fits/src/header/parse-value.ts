import type { CardValue } from "./card.ts";

/** The outcome of reading a card's value field. */
export interface ParsedValue {
  readonly value: CardValue;
  readonly comment: string;
  readonly problem?: string;
}

const INTEGER = /^[+-]?\d+$/;
const REAL = /^[+-]?(\d+\.?\d*|\.\d+)([EDed][+-]?\d+)?$/;
const COMPLEX = /^\(\s*([^,()]+?)\s*,\s*([^,()]+?)\s*\)$/;

/** Reads a value field (FITS Standard 4.0, section 4.2); never throws, but says in `problem` what is wrong. */
export function parseValue(field: string): ParsedValue {
  const text = field.trimStart();
  if (text.startsWith("'")) return parseQuoted(text);
  const slash = text.indexOf("/");
  const token = (slash < 0 ? text : text.slice(0, slash)).trim();
  const comment = slash < 0 ? "" : text.slice(slash + 1).trim();
  if (token === "") return { value: undefined, comment };
  if (token === "T") return { value: true, comment };
  if (token === "F") return { value: false, comment };
  const number = parseNumber(token);
  if (number !== undefined) return { value: number, comment };
  const complex = COMPLEX.exec(token);
  if (complex !== null) {
    const re = parseNumber(complex[1]!);
    const im = parseNumber(complex[2]!);
    if (re !== undefined && im !== undefined) return { value: { re: Number(re), im: Number(im) }, comment };
  }
  return { value: undefined, comment, problem: `its value ${JSON.stringify(token)} is no FITS value` };
}

/** Reads an integer or real number, `D` exponents included; undefined if it is none. */
export function parseNumber(token: string): number | bigint | undefined {
  if (INTEGER.test(token)) {
    const number = Number(token);
    return Number.isSafeInteger(number) ? number : BigInt(token.replace("+", ""));
  }
  if (!REAL.test(token)) return undefined;
  const number = Number(token.replace(/[Dd]/, "E"));
  return Number.isFinite(number) ? number : undefined;
}

function parseQuoted(text: string): ParsedValue {
  let value = "";
  let from = 1;
  for (;;) {
    const quote = text.indexOf("'", from);
    if (quote < 0) return { value: undefined, comment: "", problem: "its string has no closing quote" };
    value += text.slice(from, quote);
    if (text[quote + 1] !== "'") {
      const rest = text.slice(quote + 1);
      const slash = rest.indexOf("/");
      return { value: value.trimEnd(), comment: slash < 0 ? "" : rest.slice(slash + 1).trim() };
    }
    value += "'";
    from = quote + 2;
  }
}
