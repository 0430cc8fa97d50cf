import { AlmagestError } from "@almagest/base";
import { expandLabels } from "../pipeline/subset-pipeline.ts";
import type { PipelineGraph } from "./pipeline-graph.ts";

/**
 * The labels that a selection means: labels, subsets, `T:label`, `D:datasetType` (its producer), `S:subset`, with `~`
 * (not), `&` (and), `|` (or), parentheses, and before a name `<`, `<=`, `>`, `>=` for its ancestors or descendants.
 * Throws `PIPELINE.EXPRESSION_INVALID`, `PIPELINE.LABEL_UNKNOWN`.
 */
export function selectTasks(graph: PipelineGraph, expression: string): Set<string> {
  const tokens = expression.match(/[<>]=?|[~&|()]|[\w:.-]+|\S/g) ?? [];
  let at = 0;
  const fail = (): AlmagestError =>
    new AlmagestError(
      "PIPELINE.EXPRESSION_INVALID",
      `The task selection '${expression}' goes wrong at ${tokens[at] === undefined ? "its end" : `'${tokens[at]}'`}.`,
      { fields: { expression, token: tokens[at] } },
    );
  const all = new Set(graph.tasks.keys());
  const or = (): Set<string> => {
    let left = and();
    while (tokens[at] === "|") {
      at++;
      left = left.union(and());
    }
    return left;
  };
  const and = (): Set<string> => {
    let left = unary();
    while (tokens[at] === "&") {
      at++;
      left = left.intersection(unary());
    }
    return left;
  };
  const unary = (): Set<string> => {
    const token = tokens[at];
    if (token === undefined) throw fail();
    if (token === "~") {
      at++;
      return all.difference(unary());
    }
    if (/^[<>]/.test(token)) {
      at++;
      const start = unary();
      const reached =
        token[0] === "<" ? closure(graph, start, ancestorsOf) : closure(graph, start, descendantsOf);
      return token.endsWith("=") ? reached.union(start) : reached.difference(start);
    }
    if (token === "(") {
      at++;
      const inner = or();
      if (tokens[at++] !== ")") throw fail();
      return inner;
    }
    if (!/^[\w.-]/.test(token)) throw fail();
    at++;
    return named(graph, token);
  };
  const result = or();
  if (at !== tokens.length) throw fail();
  return new Set([...graph.tasks.keys()].filter((label) => result.has(label)));
}

function named(graph: PipelineGraph, token: string): Set<string> {
  const [, qualifier, name = token] = /^(?:([TDS]):)?(.*)$/.exec(token) ?? [];
  if (qualifier !== "D") return expandLabels(graph.pipeline, [name]);
  const producer = graph.datasetTypes.get(name)?.producer;
  if (producer === undefined) {
    throw new AlmagestError("PIPELINE.LABEL_UNKNOWN", `No task of the pipeline writes '${name}'.`, {
      fields: { name },
    });
  }
  return new Set([producer]);
}

type Step = (graph: PipelineGraph, label: string) => string[];

const ancestorsOf: Step = (graph, label) =>
  graph.tasks.get(label)!.inputs.flatMap((edge) => graph.datasetTypes.get(edge.datasetType)?.producer ?? []);

const descendantsOf: Step = (graph, label) =>
  graph.tasks
    .get(label)!
    .outputs.flatMap((edge) => graph.datasetTypes.get(edge.datasetType)?.consumers ?? []);

function closure(graph: PipelineGraph, start: ReadonlySet<string>, step: Step): Set<string> {
  const reached = new Set<string>();
  const queue = [...start];
  for (let label = queue.pop(); label !== undefined; label = queue.pop()) {
    for (const next of step(graph, label)) {
      if (reached.has(next)) continue;
      reached.add(next);
      queue.push(next);
    }
  }
  return reached;
}
