import { invariant } from "@almagest/base";

/** A value that SQL can carry as a parameter. */
export type SqlValue = null | number | bigint | string | boolean | Uint8Array;

/** A piece of SQL with its parameters: `texts` has one more entry than `values`. */
export interface Sql {
  readonly texts: readonly string[];
  readonly values: readonly SqlValue[];
}

/** The databases we speak. */
export type Dialect = "sqlite" | "postgresql";

function isSql(value: unknown): value is Sql {
  return typeof value === "object" && value !== null && "texts" in value;
}

/** Tagged template: embedded `Sql` is spliced in, everything else becomes a parameter (never text). */
export function sql(parts: TemplateStringsArray, ...embedded: readonly (Sql | SqlValue)[]): Sql {
  const texts: string[] = [parts[0]!];
  const values: SqlValue[] = [];
  embedded.forEach((item, index) => {
    const after = parts[index + 1]!;
    if (isSql(item)) {
      texts[texts.length - 1] += item.texts[0]!;
      for (let i = 0; i < item.values.length; i++) {
        values.push(item.values[i]!);
        texts.push(item.texts[i + 1]!);
      }
      texts[texts.length - 1] += after;
    } else {
      invariant(item !== undefined, "undefined as an SQL parameter");
      values.push(item);
      texts.push(after);
    }
  });
  return { texts, values };
}

/** SQL text as it stands, without parameters; never pass it anything a user wrote. */
export function rawSql(text: string): Sql {
  return { texts: [text], values: [] };
}

/** A quoted identifier, or several joined by dots. */
export function identifier(...names: readonly string[]): Sql {
  return rawSql(names.map(quoteIdentifier).join("."));
}

/** An identifier in double quotes, with quotes inside doubled. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Pieces joined by a separator, `, ` unless told. */
export function joinSql(pieces: readonly (Sql | SqlValue)[], separator = ", "): Sql {
  const texts: string[] = [""];
  const values: SqlValue[] = [];
  pieces.forEach((piece, index) => {
    if (index > 0) texts[texts.length - 1] += separator;
    if (isSql(piece)) {
      texts[texts.length - 1] += piece.texts[0]!;
      for (let i = 0; i < piece.values.length; i++) {
        values.push(piece.values[i]!);
        texts.push(piece.texts[i + 1]!);
      }
    } else {
      values.push(piece);
      texts.push("");
    }
  });
  return { texts, values };
}

/** The type a parameter has of itself; texts and nulls take theirs from where they stand. */
function castOf(value: SqlValue): string {
  switch (typeof value) {
    case "bigint":
      return "::bigint";
    case "number":
      return Number.isSafeInteger(value) ? "::bigint" : "::double precision";
    case "boolean":
      return "::boolean";
    default:
      return "";
  }
}

/** The statement text with the placeholders of a dialect. In PostgreSQL's numbers say that they are: else `SELECT $1` or
 * `CASE … THEN $1` would give a text. */
export function compileSql(query: Sql, dialect: Dialect): string {
  const { texts, values } = query;
  if (dialect === "sqlite") return texts.join("?");
  let text = texts[0]!;
  for (let i = 0; i < values.length; i++) text += `$${i + 1}${castOf(values[i]!)}${texts[i + 1]!}`;
  return text;
}
