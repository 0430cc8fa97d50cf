import { AlmagestError } from "@almagest/base";

/** A mistake in an expression: says what, where (column from 1), and points at it. */
export function queryError(
  expression: string,
  at: number,
  problem: string,
  code: "BUTLER.QUERY_INVALID" | "BUTLER.QUERY_UNSUPPORTED" = "BUTLER.QUERY_INVALID",
): AlmagestError {
  const lineStart = expression.lastIndexOf("\n", at - 1) + 1;
  const lineEnd = expression.indexOf("\n", at);
  const line = expression.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
  const column = at - lineStart + 1;
  return new AlmagestError(code, `${problem} (column ${column}):\n  ${line}\n  ${" ".repeat(column - 1)}^`, {
    fields: { expression, column, offset: at },
  });
}
