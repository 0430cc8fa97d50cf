import { AlmagestError } from "@almagest/base";
import { loadPipeline, type Pipeline, parsePipeline } from "@almagest/pipeline";
import { parse, stringify } from "yaml";

/** Edits of a pipeline given on the command line. */
export interface PipelineEdits {
  readonly pipeline: string;
  readonly config: readonly string[];
}

/** What was typed as a value: a number, a truth value or a list as YAML reads it, else the text itself. */
function readValue(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

/** `label:field=value` edits as a pipeline that imports the given file and overrides its configuration. Throws
 * `ALMAGEST.USAGE`, and what reading the file throws. */
export async function loadEditedPipeline({ pipeline, config }: PipelineEdits): Promise<Pipeline> {
  const base = await loadPipeline(pipeline);
  if (config.length === 0) return base;
  const edits = new Map<string, Record<string, unknown>>();
  for (const edit of config) {
    const match = /^([\w-]+):([\w.]+)=(.*)$/s.exec(edit);
    if (match === null) {
      throw new AlmagestError("ALMAGEST.USAGE", `'${edit}' is not of the form label:field=value.`, {
        fields: { edit },
      });
    }
    const [, label, field, value] = match as unknown as [string, string, string, string];
    edits.set(label, { ...edits.get(label), [field]: readValue(value) });
  }
  const tasks: Record<string, unknown> = {};
  for (const [label, fields] of edits) {
    const task = base.tasks.get(label);
    if (task === undefined) {
      throw new AlmagestError(
        "ALMAGEST.USAGE",
        `The pipeline has no task labelled '${label}'; it has ${[...base.tasks.keys()].join(", ")}.`,
        { fields: { label } },
      );
    }
    tasks[label] = { class: task.className, config: fields };
  }
  const text = stringify({ description: base.description, imports: { location: pipeline }, tasks });
  return parsePipeline(text, "command-line");
}
