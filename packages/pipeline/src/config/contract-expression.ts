import { type LiteralValue, parsePythonLiteral } from "./python-literal.ts";

/** A condition over config fields: what a declarative contract can say. */
export type ContractNode =
  | { readonly kind: "and" | "or"; readonly left: ContractNode; readonly right: ContractNode }
  | { readonly kind: "not"; readonly operand: ContractNode }
  | {
      readonly kind: "compare";
      readonly operator: string;
      readonly left: ContractNode;
      readonly right: ContractNode;
    }
  | { readonly kind: "field"; readonly path: readonly string[] }
  | { readonly kind: "literal"; readonly value: LiteralValue };

const TOKEN =
  /\s*(?:(==|!=|<=|>=|<|>|\(|\))|([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\{[^}]*\})|([A-Za-z_]\w*)|([-+]?[\d.][\w.]*(?:(?<=[eE])[-+]?\d+)?))/y;

/** Parses a contract made of comparisons of config fields and literals with and, or, not, in, is; undefined when it is
 * more Python than that (calls, comprehensions, subscripts, arithmetic). */
export function parseContract(text: string): ContractNode | undefined {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text);
    if (!match) return undefined;
    tokens.push(match[0].trim());
  }
  let at = 0;
  const or = (): ContractNode | undefined => chain("or", and);
  const and = (): ContractNode | undefined => chain("and", not);
  const chain = (word: "and" | "or", next: () => ContractNode | undefined): ContractNode | undefined => {
    let left = next();
    while (left && tokens[at] === word) {
      at++;
      const right = next();
      left = right && { kind: word, left, right };
    }
    return left;
  };
  const not = (): ContractNode | undefined => {
    if (tokens[at] !== "not") return compare();
    at++;
    const operand = not();
    return operand && { kind: "not", operand };
  };
  const operator = (): string | undefined => {
    const token = tokens[at];
    if (token === undefined) return undefined;
    if (/^([=!<>]=|[<>])$/.test(token)) return tokens[at++];
    if (token === "in") return tokens[at++];
    if (token === "not" && tokens[at + 1] === "in") {
      at += 2;
      return "not in";
    }
    if (token !== "is") return undefined;
    at++;
    if (tokens[at] !== "not") return "==";
    at++;
    return "!=";
  };
  const compare = (): ContractNode | undefined => {
    let left = primary();
    let result: ContractNode | undefined;
    for (let op = left && operator(); left && op; op = operator()) {
      const right = primary();
      if (!right) return undefined;
      const step: ContractNode = { kind: "compare", operator: op, left, right };
      result = result ? { kind: "and", left: result, right: step } : step;
      left = right;
    }
    return result ?? left;
  };
  const primary = (): ContractNode | undefined => {
    const token = tokens[at++];
    if (token === undefined) return undefined;
    if (token === "(") {
      const inner = or();
      return tokens[at++] === ")" ? inner : undefined;
    }
    if (/^[A-Za-z_]\w*\./.test(token)) return { kind: "field", path: token.split(".") };
    const value = parsePythonLiteral(token);
    return value === undefined ? undefined : { kind: "literal", value };
  };
  const root = or();
  return at === tokens.length ? root : undefined;
}

/** Evaluates a contract; `lookup` gives the value of a field path. */
export function evaluateContract(node: ContractNode, lookup: (path: readonly string[]) => unknown): unknown {
  switch (node.kind) {
    case "literal":
      return node.value;
    case "field":
      return lookup(node.path);
    case "not":
      return !evaluateContract(node.operand, lookup);
    case "and":
      return evaluateContract(node.left, lookup) && evaluateContract(node.right, lookup);
    case "or":
      return evaluateContract(node.left, lookup) || evaluateContract(node.right, lookup);
    case "compare":
      return compareValues(
        node.operator,
        evaluateContract(node.left, lookup),
        evaluateContract(node.right, lookup),
      );
  }
}

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function compareValues(operator: string, left: unknown, right: unknown): boolean {
  const contains = (): boolean =>
    typeof right === "string"
      ? right.includes(String(left))
      : Array.isArray(right)
        ? right.some((item) => isEqual(item, left))
        : Object.hasOwn((right ?? {}) as object, String(left));
  switch (operator) {
    case "==":
      return isEqual(left, right);
    case "!=":
      return !isEqual(left, right);
    case "in":
      return contains();
    case "not in":
      return !contains();
    case "<":
      return (left as number) < (right as number);
    case "<=":
      return (left as number) <= (right as number);
    case ">":
      return (left as number) > (right as number);
    default:
      return (left as number) >= (right as number);
  }
}
