import type { Arithmetic, Comparison, Expression } from "./ast.ts";
import { queryError } from "./query-error.ts";
import { type Token, tokenize } from "./tokens.ts";

const COMPARISONS = new Set(["=", "!=", "<", "<=", ">", ">="]);
const MAX_DEPTH = 200;

interface Cursor {
  readonly text: string;
  readonly tokens: readonly Token[];
  index: number;
  depth: number;
}

function peek(cursor: Cursor): Token {
  return cursor.tokens[cursor.index]!;
}

function isSymbol(token: Token, ...values: readonly string[]): boolean {
  return token.kind === "symbol" && values.includes(token.value);
}

function isWord(token: Token, word: string): boolean {
  return token.kind === "word" && token.value === word;
}

function describe(token: Token): string {
  if (token.kind === "end") return "the end";
  if (token.kind === "range") return `${token.start}..${token.stop}`;
  return `'${token.value}'`;
}

function fail(cursor: Cursor, expected: string): never {
  const token = peek(cursor);
  throw queryError(cursor.text, token.at, `Expected ${expected}, found ${describe(token)}`);
}

function take(cursor: Cursor, symbol: string, expected: string): void {
  if (!isSymbol(peek(cursor), symbol)) fail(cursor, expected);
  cursor.index++;
}

function parseOr(cursor: Cursor): Expression {
  if (++cursor.depth > MAX_DEPTH) throw queryError(cursor.text, peek(cursor).at, "Too deeply nested");
  let left = parseAnd(cursor);
  while (isWord(peek(cursor), "OR")) {
    const { at } = peek(cursor);
    cursor.index++;
    left = { kind: "or", at, left, right: parseAnd(cursor) };
  }
  cursor.depth--;
  return left;
}

function parseAnd(cursor: Cursor): Expression {
  let left = parseNot(cursor);
  while (isWord(peek(cursor), "AND")) {
    const { at } = peek(cursor);
    cursor.index++;
    left = { kind: "and", at, left, right: parseNot(cursor) };
  }
  return left;
}

function parseNot(cursor: Cursor): Expression {
  const token = peek(cursor);
  if (!isWord(token, "NOT")) return parseComparison(cursor);
  if (++cursor.depth > MAX_DEPTH) throw queryError(cursor.text, token.at, "Too deeply nested");
  cursor.index++;
  const operand = parseNot(cursor);
  cursor.depth--;
  return { kind: "not", at: token.at, operand };
}

function parseComparison(cursor: Cursor): Expression {
  let left = parseSum(cursor);
  for (;;) {
    const token = peek(cursor);
    const next = cursor.tokens[cursor.index + 1];
    if (token.kind === "symbol" && COMPARISONS.has(token.value)) {
      cursor.index++;
      left = { kind: "compare", at: token.at, op: token.value as Comparison, left, right: parseSum(cursor) };
    } else if (isWord(token, "OVERLAPS")) {
      cursor.index++;
      left = { kind: "compare", at: token.at, op: "OVERLAPS", left, right: parseSum(cursor) };
    } else if (isWord(token, "IN") || (isWord(token, "NOT") && next !== undefined && isWord(next, "IN"))) {
      const negated = isWord(token, "NOT");
      cursor.index += negated ? 2 : 1;
      left = { kind: "in", at: token.at, member: left, items: parseList(cursor), negated };
    } else {
      return left;
    }
  }
}

function parseList(cursor: Cursor): Expression[] {
  take(cursor, "(", "'(' and a list after IN");
  const items: Expression[] = [parseListItem(cursor)];
  while (isSymbol(peek(cursor), ",")) {
    cursor.index++;
    items.push(parseListItem(cursor));
  }
  take(cursor, ")", "',' or ')'");
  return items;
}

function parseListItem(cursor: Cursor): Expression {
  const token = peek(cursor);
  if (token.kind === "range") {
    cursor.index++;
    if (token.stop < token.start) throw queryError(cursor.text, token.at, "This range ends before it starts");
    return token;
  }
  return parseUnary(cursor);
}

function parseSum(cursor: Cursor): Expression {
  let left = parseProduct(cursor);
  while (isSymbol(peek(cursor), "+", "-")) {
    const token = peek(cursor) as Token & { value: Arithmetic };
    cursor.index++;
    left = { kind: "arithmetic", at: token.at, op: token.value, left, right: parseProduct(cursor) };
  }
  return left;
}

function parseProduct(cursor: Cursor): Expression {
  let left = parseUnary(cursor);
  while (isSymbol(peek(cursor), "*", "/", "%")) {
    const token = peek(cursor) as Token & { value: Arithmetic };
    cursor.index++;
    left = { kind: "arithmetic", at: token.at, op: token.value, left, right: parseUnary(cursor) };
  }
  return left;
}

function parseUnary(cursor: Cursor): Expression {
  const token = peek(cursor);
  if (isSymbol(token, "+")) {
    cursor.index++;
    return parseUnary(cursor);
  }
  if (!isSymbol(token, "-")) return parsePrimary(cursor);
  if (++cursor.depth > MAX_DEPTH) throw queryError(cursor.text, token.at, "Too deeply nested");
  cursor.index++;
  const operand = parseUnary(cursor);
  cursor.depth--;
  if (operand.kind === "int" || operand.kind === "float") {
    return { ...operand, at: token.at, value: -operand.value } as Expression;
  }
  return { kind: "negate", at: token.at, operand };
}

function parsePrimary(cursor: Cursor): Expression {
  const token = peek(cursor);
  switch (token.kind) {
    case "int":
    case "float":
    case "text":
    case "time":
      cursor.index++;
      return token;
    case "bind":
      cursor.index++;
      return { kind: "bind", at: token.at, name: token.value };
    case "word":
      if (token.value !== "NULL") return fail(cursor, "a value");
      cursor.index++;
      return { kind: "null", at: token.at };
    case "name":
      cursor.index++;
      return isSymbol(peek(cursor), "(")
        ? parseCall(cursor, token.value, token.at)
        : { kind: "name", at: token.at, name: token.value };
    case "range":
      throw queryError(cursor.text, token.at, "A range may only stand in the list of IN");
    case "symbol":
      return token.value === "(" ? parseGroup(cursor) : fail(cursor, "a value");
    default:
      return fail(cursor, "a value");
  }
}

function parseCall(cursor: Cursor, name: string, at: number): Expression {
  cursor.index++;
  const args: Expression[] = [];
  if (!isSymbol(peek(cursor), ")")) {
    args.push(parseOr(cursor));
    while (isSymbol(peek(cursor), ",")) {
      cursor.index++;
      args.push(parseOr(cursor));
    }
  }
  take(cursor, ")", "',' or ')'");
  return { kind: "call", at, name: name.toUpperCase(), args };
}

function parseGroup(cursor: Cursor): Expression {
  const { at } = peek(cursor);
  cursor.index++;
  const first = parseOr(cursor);
  if (!isSymbol(peek(cursor), ",")) {
    take(cursor, ")", "')'");
    return first;
  }
  cursor.index++;
  const second = parseOr(cursor);
  take(cursor, ")", "')'");
  return { kind: "tuple", at, items: [first, second] };
}

/** Parses an expression; undefined for an empty one. Throws `BUTLER.QUERY_INVALID` with the column of the mistake. */
export function parseExpression(text: string): Expression | undefined {
  const cursor: Cursor = { text, tokens: tokenize(text), index: 0, depth: 0 };
  if (peek(cursor).kind === "end") return undefined;
  const expression = parseOr(cursor);
  if (peek(cursor).kind !== "end") fail(cursor, "AND, OR or the end");
  return expression;
}
