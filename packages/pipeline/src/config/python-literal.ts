/** A value that a Python literal can hold. Tuples become lists. */
export type LiteralValue =
  | null
  | boolean
  | number
  | string
  | readonly LiteralValue[]
  | { readonly [key: string]: LiteralValue };

class NotLiteral extends Error {}

/** Reads a Python literal (None, True, False, numbers, nan, inf, quoted text, lists, tuples, dicts with text keys);
 * undefined when the text is none. Nothing is executed. */
export function parsePythonLiteral(text: string): LiteralValue | undefined {
  let at = 0;
  const skip = () => {
    while (/\s/.test(text[at] ?? "")) at++;
  };
  const list = (close: string): LiteralValue[] => {
    const items: LiteralValue[] = [];
    at++;
    for (skip(); text[at] !== close; skip()) {
      items.push(value());
      skip();
      if (text[at] === ",") at++;
      else if (text[at] !== close) throw new NotLiteral();
    }
    at++;
    return items;
  };
  const quoted = (): string => {
    const quote = text[at++]!;
    let out = "";
    for (; text[at] !== quote; at++) {
      if (at >= text.length) throw new NotLiteral();
      if (text[at] !== "\\") out += text[at];
      else out += unescapeCharacter(text[++at] ?? "");
    }
    at++;
    return out;
  };
  const dict = (): LiteralValue => {
    const members: Record<string, LiteralValue> = {};
    at++;
    for (skip(); text[at] !== "}"; skip()) {
      const key = value();
      skip();
      if (text[at++] !== ":" || (typeof key !== "string" && typeof key !== "number")) throw new NotLiteral();
      members[key] = value();
      skip();
      if (text[at] === ",") at++;
      else if (text[at] !== "}") throw new NotLiteral();
    }
    at++;
    return members;
  };
  const value = (): LiteralValue => {
    skip();
    const start = text[at];
    if (start === "[") return list("]");
    if (start === "(") return list(")");
    if (start === "{") return dict();
    if (start === "'" || start === '"') return quoted();
    const word = /^[-+]?[\w.]+(?:(?<=[eE])[-+]?\d+)?/.exec(text.slice(at))?.[0];
    if (word === undefined) throw new NotLiteral();
    at += word.length;
    return parseWord(word);
  };
  try {
    const result = value();
    skip();
    return at === text.length ? result : undefined;
  } catch (error) {
    if (error instanceof NotLiteral) return undefined;
    throw error;
  }
}

function unescapeCharacter(character: string): string {
  return { n: "\n", t: "\t", r: "\r", "\\": "\\", "'": "'", '"': '"' }[character] ?? `\\${character}`;
}

function parseWord(word: string): LiteralValue {
  if (word === "None") return null;
  if (word === "True") return true;
  if (word === "False") return false;
  if (word === "nan") return Number.NaN;
  const infinity = /^([-+]?)inf$/.exec(word);
  if (infinity) return infinity[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^[-+]?(\d[\d_]*\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(word)) return Number(word.replaceAll("_", ""));
  throw new NotLiteral();
}

/** Writes a value as a Python literal. */
export function formatPythonLiteral(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "number") {
    if (Number.isFinite(value)) return String(value);
    return `float('${Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf"}')`;
  }
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(formatPythonLiteral).join(", ")}]`;
  const members = Object.entries(value as Record<string, unknown>);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}: ${formatPythonLiteral(member)}`).join(", ")}}`;
}
