import { parseArgs } from "node:util";
import { AlmagestError } from "@almagest/base";
import type { Pipeline } from "@almagest/pipeline";
import { parse } from "yaml";

/** What `extraQgraphOptions` asks for, in the words of `pipetask qgraph`. */
export interface GraphOptions {
  /** `label:field=value`. */
  readonly config: readonly string[];
  readonly select?: string;
  readonly where?: string;
  readonly skipExistingIn: readonly string[];
  readonly retainedDatasetTypes: readonly string[];
}

const KNOWN = {
  config: { type: "string", short: "c", multiple: true },
  "select-tasks": { type: "string" },
  "data-query": { type: "string", short: "d" },
  "skip-existing-in": { type: "string", multiple: true },
  "retained-dataset-types": { type: "string", multiple: true },
  // What these ask for is always done.
  "skip-existing": { type: "boolean" },
  "clobber-outputs": { type: "boolean" },
  "qgraph-datastore-records": { type: "boolean" },
} as const;

/** Reads the option string as a shell would. Throws `BATCH.UNSUPPORTED` for an option that is not known here. */
export function parseGraphOptions(text: string): GraphOptions {
  const lists = (value: readonly string[] | undefined): string[] =>
    (value ?? []).flatMap((each) => each.split(",")).filter((each) => each !== "");
  try {
    const { values } = parseArgs({ args: splitWords(text), options: KNOWN, strict: true });
    const { "select-tasks": select, "data-query": where } = values;
    return {
      config: values.config ?? [],
      skipExistingIn: lists(values["skip-existing-in"]),
      retainedDatasetTypes: lists(values["retained-dataset-types"]),
      ...(select === undefined ? {} : { select }),
      ...(where === undefined ? {} : { where }),
    };
  } catch (cause) {
    const known = Object.keys(KNOWN).map((name) => `--${name}`);
    const message = `extraQgraphOptions: ${(cause as Error).message}. Known are ${known.join(", ")}.`;
    throw new AlmagestError("BATCH.UNSUPPORTED", message, { cause, fields: { text } });
  }
}

/** The pipeline with these configuration values set and these tasks selected. Throws `BATCH.CONFIG_INVALID` for an edit of
 * no task. */
export function applyGraphOptions(pipeline: Pipeline, { config, select }: GraphOptions): Pipeline {
  const tasks = new Map(pipeline.tasks);
  for (const edit of config) {
    const [, label = "", path = "", value = ""] = /^([\w-]+):([\w.]+)=(.*)$/s.exec(edit) ?? [];
    const task = tasks.get(label);
    if (task === undefined) {
      const message = `extraQgraphOptions: '${edit}' is not label:field=value with a label of ${[...tasks.keys()].join(", ")}.`;
      throw new AlmagestError("BATCH.CONFIG_INVALID", message, { fields: { edit } });
    }
    const override = { kind: "field" as const, path, value: readValue(value), source: "extraQgraphOptions" };
    tasks.set(label, { ...task, overrides: [...task.overrides, override] });
  }
  if (select === undefined) return { ...pipeline, tasks };
  const before = pipeline.selection;
  return { ...pipeline, tasks, selection: before === undefined ? select : `(${before}) & (${select})` };
}

function readValue(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

/** Words of a command line: blanks separate, quotes of both kinds hold together. */
export function splitWords(text: string): string[] {
  const words = text.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g);
  return Array.from(words, ([word]) => word.replace(/"([^"]*)"|'([^']*)'/g, (_all, a, b) => a ?? b));
}
