import { readFile } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import { loadPipeline, type Pipeline, parsePipeline } from "@almagest/pipeline";
import type { Command } from "commander";
import { parse, stringify } from "yaml";
import { collectList } from "../../cli/parse-options.ts";

/** Edits of a pipeline given on the command line. */
export interface PipelineEdits {
  /** File with an optional fragment; may be left out where tasks are added. */
  readonly pipeline?: string;
  readonly task?: readonly string[];
  readonly delete?: readonly string[];
  readonly config: readonly string[];
  readonly configFile?: readonly string[];
  readonly selectTasks?: string;
}

const append = (value: string, previous: string[]): string[] => [...previous, value];

/** Adds the options that make or edit a pipeline. */
export function addPipelineOptions(command: Command): Command {
  return command
    .option("-p, --pipeline <file>", "pipeline YAML, with an optional #fragment")
    .option("-t, --task <class:label>", "add a task (repeatable)", append, [])
    .option("--delete <labels>", "leave these tasks out", collectList, [])
    .option("-c, --config <label:field=value>", "override a configuration value (repeatable)", append, [])
    .option("-C, --config-file <label:file>", "override by a YAML file of fields (repeatable)", append, [])
    .option("--select-tasks <expression>", "keep only these tasks, for example '>=isr & ~coadd'");
}

/** What was typed as a value: a number, a truth value or a list as YAML reads it, else the text itself. */
function readValue(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

function usage(message: string, fields: Readonly<Record<string, unknown>>): AlmagestError {
  return new AlmagestError("ALMAGEST.USAGE", message, { fields });
}

/** A pipeline as edited on the command line. Throws `ALMAGEST.USAGE`, and what reading the file throws. */
export async function loadEditedPipeline(edits: PipelineEdits): Promise<Pipeline> {
  const { pipeline, task = [], selectTasks } = edits;
  if (pipeline === undefined && task.length === 0) {
    throw usage("Give a pipeline (-p) or tasks (-t).", {});
  }
  const base =
    pipeline === undefined ? await parsePipeline("{description: tasks}") : await loadPipeline(pipeline);
  const added = new Map(
    task.map((text) => {
      const [className = "", label = className.split(".").at(-1)!] = text.split(":");
      return [label, className] as const;
    }),
  );
  const fields = await readFields(edits, base, added);
  const removed = edits.delete ?? [];
  const unknown = removed.find((label) => !base.tasks.has(label));
  if (unknown !== undefined) throw unknownLabel(unknown, base);
  let edited = base;
  if (fields.size + added.size > 0 || removed.length > 0) {
    const tasks: Record<string, unknown> = {};
    for (const label of new Set([...added.keys(), ...fields.keys()])) {
      tasks[label] = {
        class: added.get(label) ?? base.tasks.get(label)!.className,
        config: fields.get(label) ?? {},
      };
    }
    const imports =
      pipeline === undefined
        ? {}
        : { imports: { location: pipeline, exclude: removed, labeledSubsetModifyMode: "EDIT" } };
    const text = stringify({ description: base.description, ...imports, tasks });
    edited = await parsePipeline(text, "command-line");
  }
  return selectTasks === undefined ? edited : { ...edited, selection: selectTasks };
}

async function readFields(
  { config, configFile = [] }: PipelineEdits,
  base: Pipeline,
  added: ReadonlyMap<string, string>,
): Promise<Map<string, Record<string, unknown>>> {
  const edits = new Map<string, Record<string, unknown>>();
  const set = (label: string, values: Record<string, unknown>): void => {
    if (!base.tasks.has(label) && !added.has(label)) throw unknownLabel(label, base);
    edits.set(label, { ...edits.get(label), ...values });
  };
  for (const edit of configFile) {
    const [label = "", file = ""] = edit.split(/:(.*)/s);
    const values = file.endsWith(".py") ? undefined : parse(await readFile(file, "utf8"));
    if (typeof values !== "object" || values === null || Array.isArray(values)) {
      throw usage(
        `'${edit}' is not of the form label:file with a YAML file of fields; Python is never executed.`,
        {
          edit,
        },
      );
    }
    set(label, values as Record<string, unknown>);
  }
  for (const edit of config) {
    const match = /^([\w-]+):([\w.]+)=(.*)$/s.exec(edit);
    if (match === null) throw usage(`'${edit}' is not of the form label:field=value.`, { edit });
    const [, label, field, value] = match as unknown as [string, string, string, string];
    set(label, { [field]: readValue(value) });
  }
  return edits;
}

function unknownLabel(label: string, { tasks }: Pipeline): AlmagestError {
  return usage(`The pipeline has no task labelled '${label}'; it has ${[...tasks.keys()].join(", ")}.`, {
    label,
  });
}
