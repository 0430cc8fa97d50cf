import { AlmagestError } from "@almagest/base";
import {
  type ConfigValue,
  listConfigValues,
  type PipelineGraph,
  renderPipelineSvg,
  renderPipelineText,
  type TaskNode,
} from "@almagest/pipeline";
import { stringify } from "yaml";
import { toJsonText } from "../../cli/print-rows.ts";
import { renderTextTable } from "../../cli/text-table.ts";

/** Draws one view of a pipeline as text; `what` narrows it to tasks or fields where that makes sense. */
type View = (graph: PipelineGraph, what: string | undefined) => string;

/** Every view by its name on the command line. To add one, add it here. */
export const PIPELINE_VIEWS: ReadonlyMap<string, View> = new Map<string, View>([
  ["pipeline", (graph) => stringify(pipelineDocument(graph))],
  [
    "tasks",
    (graph) =>
      table(nodesOf(graph), ({ label, className, dimensions }) => ({
        task: label,
        class: className,
        dimensions: dimensions.join(", "),
      })),
  ],
  ["subsets", showSubsets],
  ["task-graph", showTaskGraph],
  ["pipeline-graph", renderPipelineText],
  ["graph", renderPipelineText],
  ["svg", (graph) => renderPipelineSvg(graph)],
  ["inputs", showInputs],
  ["config", showConfig],
  ["history", showHistory],
  ["sources", showHistory],
  ["dump-config", dumpConfig],
]);

/** One view, named as `view` or `view=what`. Throws `ALMAGEST.USAGE` for one that is not there. */
export function showPipeline(graph: PipelineGraph, wanted: string): string {
  const [name = "", what] = wanted.split(/=(.*)/s);
  const view = PIPELINE_VIEWS.get(name);
  if (view) return view(graph, what === "" ? undefined : what);
  const names = [...PIPELINE_VIEWS.keys()].join(", ");
  throw new AlmagestError("ALMAGEST.USAGE", `There is no view '${name}'; there is ${names}.`, {
    fields: { show: wanted },
  });
}

const nodesOf = (graph: PipelineGraph): TaskNode[] => [...graph.tasks.values()];

function table<T>(items: readonly T[], toRow: (item: T) => Record<string, string | number>): string {
  return renderTextTable(items.map(toRow));
}

/** The pipeline with nothing left to import: what is written reads as the same pipeline. */
export function pipelineDocument({ pipeline, tasks }: PipelineGraph): Record<string, unknown> {
  const { description, instrument, subsets, steps, contracts } = pipeline;
  const named = new Map([...subsets].filter(([, { labels }]) => labels.every((label) => tasks.has(label))));
  return {
    description,
    ...(instrument === undefined ? {} : { instrument }),
    tasks: Object.fromEntries(
      [...tasks.values()].map(({ label, className, resolved: { settings, connectionNames } }) => [
        label,
        {
          class: className,
          config: quoteTexts({
            ...settings,
            ...(Object.keys(connectionNames).length > 0 ? { connections: connectionNames } : {}),
          }),
        },
      ]),
    ),
    ...(contracts.length > 0
      ? {
          contracts: contracts.map(({ expression, message }) => ({
            contract: expression,
            msg: message ?? "",
          })),
        }
      : {}),
    ...(named.size > 0
      ? {
          subsets: Object.fromEntries(
            [...named].map(([name, { labels, description: text }]) => [
              name,
              { subset: labels, description: text },
            ]),
          ),
        }
      : {}),
    ...(steps.length > 0 && steps.every(({ label }) => named.has(label)) ? { steps } : {}),
  };
}

/** Texts that a pipeline file would read as a number or the like keep their quotes. */
function quoteTexts(value: unknown): unknown {
  if (typeof value === "string")
    return /^[\w./{}-]*[a-z_][\w./{}-]*$/i.test(value) && !/^(true|false|none)$/i.test(value)
      ? value
      : JSON.stringify(value);
  if (Array.isArray(value)) return value.map(quoteTexts);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, quoteTexts(member)]));
}

function showSubsets({ pipeline: { subsets, steps } }: PipelineGraph): string {
  const sharding = new Map(steps.map(({ label, dimensions }) => [label, dimensions.join(", ")]));
  return table([...subsets], ([name, { labels, description }]) => ({
    subset: name,
    "step by": sharding.get(name) ?? "",
    tasks: labels.join(", "),
    description,
  }));
}

/** Tasks in running order, each with those it waits for. */
function showTaskGraph({ tasks, datasetTypes }: PipelineGraph): string {
  return [...tasks.values()]
    .map((node) => {
      const before = new Set(
        [...node.inputs, ...node.initInputs].flatMap(
          (edge) => datasetTypes.get(edge.datasetType)?.producer ?? [],
        ),
      );
      const after = before.size > 0 ? ` ← ${[...before].join(", ")}` : "";
      return `■ ${node.label}: {${node.dimensions.join(", ")}}${after}\n`;
    })
    .join("");
}

function showInputs({ datasetTypes }: PipelineGraph): string {
  const inputs = [...datasetTypes.values()].filter(({ producer }) => producer === undefined);
  return table(inputs, (type) => ({
    "dataset type": type.name,
    kind: type.isInit ? "init" : type.isPrerequisite ? "prerequisite" : "input",
    "storage class": type.datasetType.storageClass,
    dimensions: type.datasetType.dimensions.join(", "),
    "read by": type.consumers.join(", "),
  }));
}

/** `[label::]pattern` with `*` and `?`, case ignored unless `:NOIGNORECASE` follows. */
function selectValues(graph: PipelineGraph, what: string | undefined): ConfigValue[] {
  const values = nodesOf(graph).flatMap(listConfigValues);
  if (what === undefined) return values;
  const [text, exact] = what.endsWith(":NOIGNORECASE") ? [what.slice(0, -13), true] : [what, false];
  const [label, pattern] = text.includes("::") ? text.split("::") : [undefined, text];
  const source = (pattern ?? "")
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const matcher = new RegExp(`^${source || ".*"}$`, exact ? "" : "i");
  return values.filter(
    (value) => (label === undefined || value.label === label) && matcher.test(value.field),
  );
}

function showConfig(graph: PipelineGraph, what: string | undefined): string {
  if (what === undefined) {
    return toJsonText(Object.fromEntries(nodesOf(graph).map((node) => [node.label, node.resolved.config])));
  }
  const groups = Map.groupBy(selectValues(graph, what), ({ label }) => label);
  return [...groups]
    .map(([label, values]) => {
      const lines = values.map(({ field, value }) => `config.${field}=${JSON.stringify(value)}\n`);
      return `### Configuration for task \`${label}'\n${lines.join("")}`;
    })
    .join("\n");
}

function showHistory(graph: PipelineGraph, what: string | undefined): string {
  return table(selectValues(graph, what), ({ label, field, value, source }) => ({
    setting: `${label}:${field}`,
    value: JSON.stringify(value),
    "set at": source,
  }));
}

function dumpConfig(graph: PipelineGraph, what: string | undefined): string {
  const nodes = nodesOf(graph).filter(({ label }) => what === undefined || label === what);
  if (nodes.length === 0) {
    throw new AlmagestError("ALMAGEST.USAGE", `The pipeline has no task labelled '${what}'.`, {
      fields: { label: what },
    });
  }
  return nodes
    .map(
      (node) =>
        `# ${node.label}\n${stringify({ ...(node.resolved.config as object), connections: connectionNames(node) })}`,
    )
    .join("\n");
}

function connectionNames(node: TaskNode): Record<string, string> {
  const values = listConfigValues(node).filter(({ field }) => field.startsWith("connections."));
  return Object.fromEntries(values.map(({ field, value }) => [field.slice(12), String(value)]));
}
