/** Values that JSON lacks, as objects of one member: integers beyond 2^53, bytes, maps. */
const MARKS = { integer: "$integer", bytes: "$bytes", map: "$map" } as const;

function replace(this: unknown, _key: string, value: unknown): unknown {
  if (typeof value === "bigint") return { [MARKS.integer]: String(value) };
  if (value instanceof Uint8Array) return { [MARKS.bytes]: value.toBase64() };
  if (value instanceof Map) return { [MARKS.map]: [...value] };
  return value;
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  if (entries.length !== 1) return value;
  const [mark, content] = entries[0]!;
  if (mark === MARKS.integer && typeof content === "string" && /^-?\d{1,40}$/.test(content))
    return BigInt(content);
  if (mark === MARKS.bytes && typeof content === "string") return Uint8Array.fromBase64(content);
  if (mark === MARKS.map && Array.isArray(content)) return new Map(content as [unknown, unknown][]);
  return value;
}

/** JSON text of a value that may hold bigints, bytes and maps. */
export function toWireJson(value: unknown): string {
  return JSON.stringify(value ?? null, replace);
}

/** What `toWireJson` wrote. Throws a SyntaxError. */
export function fromWireJson(text: string): unknown {
  return JSON.parse(text, revive);
}
