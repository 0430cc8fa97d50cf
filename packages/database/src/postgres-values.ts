import type { SqlValue } from "./sql.ts";

const INT8 = 20;
const INT2 = 21;
const INT4 = 23;
const BOOL = 16;
const BYTEA = 17;
const FLOAT4 = 700;
const FLOAT8 = 701;
const NUMERIC = 1700;

type Parse = (text: string) => SqlValue;

function parseInteger(text: string): SqlValue {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

function parserOf(oid: number, bigInts: boolean): Parse {
  switch (oid) {
    case INT8:
    case INT4:
    case INT2:
      return bigInts ? BigInt : parseInteger;
    case FLOAT4:
    case FLOAT8:
    case NUMERIC:
      return Number;
    case BOOL:
      return (text) => text === "t";
    case BYTEA:
      return (text) => Uint8Array.fromHex(text.slice(2));
    default:
      return (text) => text;
  }
}

function createParsers(bigInts: boolean): { getTypeParser(oid: number): Parse } {
  const known = new Map<number, Parse>();
  return {
    getTypeParser: (oid) => {
      let parser = known.get(oid);
      if (parser === undefined) {
        parser = parserOf(oid, bigInts);
        known.set(oid, parser);
      }
      return parser;
    },
  };
}

/** How the driver reads columns: integers as numbers (beyond 2^53 as bigints). */
export const NUMBER_PARSERS: ReturnType<typeof createParsers> = createParsers(false);

/** How the driver reads columns where every integer is wanted as a bigint. */
export const BIGINT_PARSERS: ReturnType<typeof createParsers> = createParsers(true);

/** A parameter in the text form of the server. */
export function toParameter(value: SqlValue): string | null {
  if (value === null || typeof value === "string") return value;
  return value instanceof Uint8Array ? `\\x${value.toHex()}` : String(value);
}

function arrayItem(value: SqlValue): string {
  if (value === null) return "NULL";
  if (typeof value === "string") return `"${value.replace(/[\\"]/g, "\\$&")}"`;
  return value instanceof Uint8Array ? `"\\\\x${value.toHex()}"` : String(value);
}

/** One column of some rows as an array in the server's text form. */
export function toArrayParameter(rows: readonly (readonly SqlValue[])[], column: number): string {
  let text = "{";
  for (let i = 0; i < rows.length; i++) {
    if (i > 0) text += ",";
    text += arrayItem(rows[i]![column]!);
  }
  return `${text}}`;
}
