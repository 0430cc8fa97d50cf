/** Integers that a double cannot hold exactly. */
const isExactNumber = (text: string): boolean =>
  !/^-?\d{16,}$/.test(text) || Number.isSafeInteger(Number(text));

/** Parses JSON; integers beyond ±2^53 become bigints with all their digits. */
export function parseExactJson(text: string): unknown {
  // The third argument of a reviver, with the source text of a number, is not in the library's types yet.
  const revive = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === "number" && context?.source !== undefined && !isExactNumber(context.source)
      ? BigInt(context.source)
      : value;
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown);
}

/** Writes JSON on one line; bigints as bare digits. */
export function formatExactJson(value: unknown): string {
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
  return JSON.stringify(value, (_key, member) =>
    typeof member === "bigint" ? rawJSON(member.toString()) : member,
  );
}
