import type { z } from "zod";
import { parseStoredConfig } from "../formatters/config-formatter.ts";
import { findTasks, type TaskTable } from "../graph/task-node.ts";
import type { ConfigOverride, Pipeline, PipelineTask } from "../pipeline/pipeline.ts";
import type { AnyTask } from "../task.ts";
import type { PipelineGraphModel } from "./graph-models.ts";

/** The pipeline that a stored graph was made of, each configuration value as it was. Nothing is executed. Throws
 * `PIPELINE.FORMAT_INVALID` for a configuration that is more than assignments, `PIPELINE.TASK_UNKNOWN`. */
export function restorePipeline(model: PipelineGraphModel, tasks: TaskTable, path: string): Pipeline {
  const bare: PipelineTask[] = Object.entries(model.tasks).map(([label, { task_class }]) => ({
    label,
    className: task_class,
    overrides: [],
    source: path,
  }));
  const code = findTasks(bare, tasks);
  return {
    description: model.description,
    tasks: new Map(
      bare.map((entry) => {
        const text = model.tasks[entry.label]!.config_str;
        return [entry.label, { ...entry, overrides: readOverrides(text, code.get(entry.label)!, path) }];
      }),
    ),
    parameters: {},
    contracts: [],
    subsets: new Map(
      Object.entries(model.task_subsets).map(([label, { tasks: labels, description }]) => [
        label,
        { labels, description },
      ]),
    ),
    steps: model.step_labels.map((label) => ({
      label,
      dimensions: model.task_subsets[label]?.dimensions ?? [],
    })),
  };
}

function readOverrides(text: string, task: AnyTask, path: string): ConfigOverride[] {
  const { connections, ...fields } = parseStoredConfig(text, path).values;
  const settings = dropRefusedNulls(task.config as z.ZodType, fields);
  return Object.entries({ ...settings, ...(connections ? { connections } : {}) }).map(([name, value]) => ({
    kind: "field",
    path: name,
    value: name === "connections" ? value : quoteTexts(value),
    source: path,
  }));
}

/** A value that was left out is stored as None, which a field may refuse: such ones are left out again. */
function dropRefusedNulls(
  schema: z.ZodType,
  fields: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const kept = structuredClone(fields) as Record<string, unknown>;
  const parsed = schema.safeParse(kept);
  for (const { path } of parsed.error?.issues ?? []) {
    let parent: Record<string, unknown> | undefined = kept;
    for (const step of path.slice(0, -1))
      parent = parent?.[String(step)] as Record<string, unknown> | undefined;
    const last = String(path.at(-1));
    if (parent?.[last] === null) delete parent[last];
  }
  return kept;
}

/** Overrides that are text are read as literals; what is text already must therefore be quoted. */
function quoteTexts(value: unknown): unknown {
  if (typeof value === "string") return JSON.stringify(value);
  return Array.isArray(value) ? value.map(quoteTexts) : value;
}
