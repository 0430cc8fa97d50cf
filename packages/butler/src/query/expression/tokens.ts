import { queryError } from "./query-error.ts";

/** The smallest pieces of an expression. */
export type Token = {
  /** Offset in the expression. */
  readonly at: number;
} & (
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "time"; readonly value: string }
  | { readonly kind: "range"; readonly start: bigint; readonly stop: bigint; readonly step: bigint }
  | { readonly kind: "name"; readonly value: string }
  | { readonly kind: "bind"; readonly value: string }
  | { readonly kind: "word"; readonly value: Keyword }
  | { readonly kind: "symbol"; readonly value: string }
  | { readonly kind: "end" }
);

/** Words with a meaning of their own, in any case. */
export type Keyword = "AND" | "OR" | "NOT" | "IN" | "OVERLAPS" | "NULL";

const KEYWORDS = new Set<string>(["AND", "OR", "NOT", "IN", "OVERLAPS", "NULL"]);

const RANGE = /(-?\d+)\s*\.\.\s*(-?\d+)(?:\s*:\s*([1-9]\d*))?/y;
const TIME = /[Tt]'([^'\n]*)'/y;
const TEXT = /'([^'\n]*)'/y;
const NUMBER = /(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*/y;
const BIND = /:([A-Za-z_][A-Za-z0-9_]*)/y;
const SYMBOL = /!=|<=|>=|[=<>+\-*/%(),]/y;

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

const MAX_INTEGER = 2n ** 63n - 1n;

/** An integer literal; those that no database column holds are refused. */
function integer(text: string, at: number, digits: string): bigint {
  const value = BigInt(digits);
  if (value > MAX_INTEGER || value < -MAX_INTEGER) throw queryError(text, at, "This integer is too large");
  return value;
}

function nextToken(text: string, at: number, previous: Token | undefined): [token: Token, end: number] {
  let match: RegExpExecArray | null;
  // A minus after an operand is an operator, not part of a range.
  const afterOperand =
    previous !== undefined &&
    (["int", "float", "name", "bind"].includes(previous.kind) ||
      (previous.kind === "symbol" && previous.value === ")"));
  if (!(afterOperand && text[at] === "-") && (match = matchAt(RANGE, text, at)) !== null) {
    const [all, start, stop, step] = match;
    const range = {
      start: integer(text, at, start!),
      stop: integer(text, at, stop!),
      step: integer(text, at, step ?? "1"),
    };
    return [{ kind: "range", at, ...range }, at + all.length];
  }
  if ((match = matchAt(TIME, text, at)) !== null) {
    return [{ kind: "time", at, value: match[1]! }, at + match[0].length];
  }
  if ((match = matchAt(TEXT, text, at)) !== null) {
    return [{ kind: "text", at, value: match[1]! }, at + match[0].length];
  }
  if ((match = matchAt(NUMBER, text, at)) !== null) {
    const end = at + match[0].length;
    if (/^\d+$/.test(match[0])) return [{ kind: "int", at, value: integer(text, at, match[0]) }, end];
    return [{ kind: "float", at, value: Number(match[0]) }, end];
  }
  if ((match = matchAt(NAME, text, at)) !== null) {
    const end = at + match[0].length;
    const upper = match[0].toUpperCase();
    if (KEYWORDS.has(upper)) return [{ kind: "word", at, value: upper as Keyword }, end];
    return [{ kind: "name", at, value: match[0] }, end];
  }
  if ((match = matchAt(BIND, text, at)) !== null) {
    return [{ kind: "bind", at, value: match[1]! }, at + match[0].length];
  }
  if ((match = matchAt(SYMBOL, text, at)) !== null) {
    return [{ kind: "symbol", at, value: match[0] }, at + match[0].length];
  }
  if (text[at] === '"') throw queryError(text, at, "Write text in single quotes, such as 'r'");
  if (text[at] === "'") throw queryError(text, at, "This text has no closing quote");
  throw queryError(text, at, `'${text[at]}' means nothing here`);
}

/** Splits an expression into tokens, the last of kind `end`. Throws `BUTLER.QUERY_INVALID`. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && /\s/.test(text[at]!)) at++;
    if (at >= text.length) break;
    const [token, end] = nextToken(text, at, tokens.at(-1));
    tokens.push(token);
    at = end;
  }
  tokens.push({ kind: "end", at: text.length });
  return tokens;
}
