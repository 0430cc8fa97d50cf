import { AlmagestError } from "@almagest/base";
import type { ImportEntry, PipelineDocument } from "./parse-document.ts";
import { EMPTY_PIPELINE, type Pipeline, type PipelineTask } from "./pipeline.ts";
import { expandLabels, keepTasks, renameLabels } from "./subset-pipeline.ts";

/** What an import makes of the pipeline it names: included, excluded, renamed. */
export function applyImport(imported: Pipeline, entry: ImportEntry): Pipeline {
  let kept = new Set(imported.tasks.keys());
  if (entry.include) kept = expandLabels(imported, entry.include);
  if (entry.exclude) {
    // As in the original, excluding what is not there is no mistake: lists of exclusions outlive what they exclude.
    const known = entry.exclude.filter((name) => imported.tasks.has(name) || imported.subsets.has(name));
    kept = kept.difference(expandLabels(imported, known));
  }
  let result = keepTasks(imported, kept, entry.subsetMode);
  result = renameLabels(result, entry.rename);
  if (!entry.importContracts) result = { ...result, contracts: [] };
  if (!entry.importSteps) result = { ...result, steps: [] };
  if (entry.instrument !== undefined) {
    const { instrument: _dropped, ...rest } = result;
    result = entry.instrument === null ? rest : { ...rest, instrument: entry.instrument };
  }
  return result;
}

/** Joins what several imports gave. Throws `PIPELINE.IMPORT_CONFLICT` when labels, subsets, steps or instruments clash. */
export function mergeImports(imports: readonly { pipeline: Pipeline; source: string }[]): Pipeline {
  let merged: Pipeline = EMPTY_PIPELINE;
  for (const { pipeline, source } of imports) {
    const clash = (what: string, name: string) =>
      new AlmagestError(
        "PIPELINE.IMPORT_CONFLICT",
        `${source}: ${what} '${name}' is already imported from another file; exclude or rename it.`,
        { fields: { source, name } },
      );
    for (const label of pipeline.tasks.keys()) if (merged.tasks.has(label)) throw clash("task", label);
    for (const name of pipeline.subsets.keys()) {
      if (merged.subsets.has(name) || merged.tasks.has(name)) throw clash("subset", name);
    }
    const instrument = pipeline.instrument ?? merged.instrument;
    if (merged.instrument !== undefined && instrument !== merged.instrument) {
      throw clash("another instrument than", merged.instrument);
    }
    if (merged.steps.length > 0 && pipeline.steps.length > 0) throw clash("a list of steps with", "steps");
    merged = {
      description: "",
      ...(instrument === undefined ? {} : { instrument }),
      tasks: new Map([...merged.tasks, ...pipeline.tasks]),
      parameters: { ...merged.parameters, ...pipeline.parameters },
      contracts: [...merged.contracts, ...pipeline.contracts],
      subsets: new Map([...merged.subsets, ...pipeline.subsets]),
      steps: [...merged.steps, ...pipeline.steps],
    };
  }
  return merged;
}

/** Lays a file's own content over what it imports: its settings come last, its parameters and subsets win. */
export function mergeLocal(imported: Pipeline, local: PipelineDocument): Pipeline {
  const tasks = new Map<string, PipelineTask>(imported.tasks);
  for (const task of local.tasks) {
    const before = tasks.get(task.label);
    const same = before !== undefined && before.className === task.className;
    tasks.set(task.label, same ? { ...task, overrides: [...before.overrides, ...task.overrides] } : task);
  }
  const instrument = local.instrument ?? imported.instrument;
  const merged: Pipeline = {
    description: local.description,
    ...(instrument === undefined ? {} : { instrument }),
    tasks,
    parameters: { ...imported.parameters, ...local.parameters },
    contracts: [...imported.contracts, ...local.contracts],
    subsets: new Map([...imported.subsets, ...local.subsets]),
    steps: local.steps.length > 0 ? local.steps : imported.steps,
  };
  checkSubsets(merged);
  return merged;
}

function checkSubsets(pipeline: Pipeline): void {
  for (const [name, subset] of pipeline.subsets) {
    if (pipeline.tasks.has(name)) {
      throw new AlmagestError("PIPELINE.IMPORT_CONFLICT", `'${name}' is both a task and a subset.`, {
        fields: { name },
      });
    }
    expandLabels(pipeline, subset.labels);
    const nested = subset.labels.find((label) => pipeline.subsets.has(label));
    if (nested !== undefined) {
      throw new AlmagestError(
        "PIPELINE.IMPORT_CONFLICT",
        `Subset '${name}' holds the subset '${nested}'; list its tasks instead.`,
        { fields: { name, nested } },
      );
    }
  }
  for (const step of pipeline.steps)
    if (!pipeline.subsets.has(step.label)) expandLabels(pipeline, [step.label]);
}
