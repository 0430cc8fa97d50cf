import { AlmagestError } from "@almagest/base";
import type { Contract } from "../pipeline/pipeline.ts";
import { evaluateContract, parseContract } from "./contract-expression.ts";

/** What a task offers to contracts: its config, and the dataset type names of its connections. */
export interface ContractSubject {
  readonly config: unknown;
  readonly connectionNames: Readonly<Record<string, string>>;
}

/**
 * Checks the contracts of a pipeline against its tasks' configurations. A contract that names a field our task does not
 * have cannot be judged: it is returned as a warning. Throws `PIPELINE.CONTRACT_BROKEN`, `PIPELINE.CONTRACT_PYTHON`.
 */
export function checkContracts(
  contracts: readonly Contract[],
  subjects: ReadonlyMap<string, ContractSubject>,
): string[] {
  const warnings: string[] = [];
  for (const contract of contracts) {
    const { expression, source, message } = contract;
    const node = parseContract(expression);
    if (node === undefined) {
      throw new AlmagestError(
        "PIPELINE.CONTRACT_PYTHON",
        `The contract '${expression}' (${source}) is Python beyond comparisons of config fields and is not executed.`,
        { fields: { expression, source } },
      );
    }
    const missing: string[] = [];
    const holds = evaluateContract(node, (path) => {
      const value = lookup(path, subjects);
      if (value === undefined) missing.push(path.join("."));
      return value;
    });
    if (missing.length > 0) {
      warnings.push(
        `The contract '${expression}' (${source}) was not checked: no field ${missing.join(", ")}.`,
      );
    } else if (!holds) {
      throw new AlmagestError(
        "PIPELINE.CONTRACT_BROKEN",
        `The contract '${expression}' (${source}) does not hold${message ? `: ${message}` : "."}`,
        { fields: { expression, source, message } },
      );
    }
  }
  return warnings;
}

function lookup(path: readonly string[], subjects: ReadonlyMap<string, ContractSubject>): unknown {
  const [label = "", ...fields] = path;
  const subject = subjects.get(label);
  if (!subject) return undefined;
  if (fields[0] === "connections" || fields[0] === "connections.ConnectionsClass") {
    return subject.connectionNames[fields[1] ?? ""];
  }
  let value: unknown = subject.config;
  for (const field of fields) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, field)) return undefined;
    value = (value as Record<string, unknown>)[field];
  }
  return value;
}
