/** A comparison operator. */
export type Comparison = "=" | "!=" | "<" | "<=" | ">" | ">=" | "OVERLAPS";

/** An arithmetic operator. */
export type Arithmetic = "+" | "-" | "*" | "/" | "%";

/** A parsed expression; `at` is the offset of the part that names it. */
export type Expression = { readonly at: number } & (
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "time"; readonly value: string }
  | { readonly kind: "null" }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "bind"; readonly name: string }
  | { readonly kind: "range"; readonly start: bigint; readonly stop: bigint; readonly step: bigint }
  | { readonly kind: "tuple"; readonly items: readonly Expression[] }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: "negate"; readonly operand: Expression }
  | { readonly kind: "not"; readonly operand: Expression }
  | { readonly kind: "and" | "or"; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: "compare";
      readonly op: Comparison;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "arithmetic";
      readonly op: Arithmetic;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "in";
      readonly member: Expression;
      readonly items: readonly Expression[];
      readonly negated: boolean;
    }
);

/** Calls `visit` for an expression and all its parts, outermost first. */
export function walkExpression(expression: Expression, visit: (part: Expression) => void): void {
  visit(expression);
  switch (expression.kind) {
    case "tuple":
      for (const item of expression.items) walkExpression(item, visit);
      return;
    case "call":
      for (const arg of expression.args) walkExpression(arg, visit);
      return;
    case "negate":
    case "not":
      walkExpression(expression.operand, visit);
      return;
    case "and":
    case "or":
    case "compare":
    case "arithmetic":
      walkExpression(expression.left, visit);
      walkExpression(expression.right, visit);
      return;
    case "in":
      walkExpression(expression.member, visit);
      for (const item of expression.items) walkExpression(item, visit);
      return;
    default:
  }
}
