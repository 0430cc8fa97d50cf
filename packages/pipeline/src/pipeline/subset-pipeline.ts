import { AlmagestError } from "@almagest/base";
import type { Pipeline, PipelineSubset } from "./pipeline.ts";

/** The labels that names of tasks and subsets mean together. Throws `PIPELINE.LABEL_UNKNOWN`. */
export function expandLabels(pipeline: Pipeline, names: readonly string[]): Set<string> {
  const labels = new Set<string>();
  for (const name of names) {
    if (pipeline.tasks.has(name)) labels.add(name);
    else if (pipeline.subsets.has(name))
      for (const label of pipeline.subsets.get(name)!.labels) labels.add(label);
    else throw unknownLabel(pipeline, name);
  }
  return labels;
}

/** The error for a name that is neither task nor subset. */
export function unknownLabel(pipeline: Pipeline, name: string): AlmagestError {
  const names = [...pipeline.tasks.keys(), ...pipeline.subsets.keys()];
  return new AlmagestError(
    "PIPELINE.LABEL_UNKNOWN",
    `The pipeline has no task or subset '${name}'; it has ${names.slice(0, 30).join(", ")}.`,
    { fields: { name, names } },
  );
}

/** The pipeline with only the tasks `keep`. Subsets that lose a member go entirely (`DROP`, which also takes those
 * that were empty before) or lose just that member (`EDIT`; they stay even when empty): so the original does; steps whose subset is gone go too; contracts that name a lost label go. */
export function keepTasks(pipeline: Pipeline, keep: ReadonlySet<string>, mode: "DROP" | "EDIT"): Pipeline {
  const lost = [...pipeline.tasks.keys()].filter((label) => !keep.has(label));
  const subsets = new Map<string, PipelineSubset>();
  for (const [name, subset] of pipeline.subsets) {
    const labels = subset.labels.filter((label) => keep.has(label));
    const isWhole = labels.length > 0 && labels.length === subset.labels.length;
    if (isWhole || mode === "EDIT") subsets.set(name, { ...subset, labels });
  }
  const names = (expression: string, label: string) =>
    new RegExp(`(^|[^\\w.])${label.replace(/[^\w]/g, "\\$&")}\\.`).test(expression);
  return {
    ...pipeline,
    tasks: new Map([...pipeline.tasks].filter(([label]) => keep.has(label))),
    subsets,
    steps: pipeline.steps.filter((step) => subsets.has(step.label)),
    contracts: pipeline.contracts.filter(({ expression }) => !lost.some((label) => names(expression, label))),
  };
}

/** The pipeline with task and subset labels renamed everywhere. */
export function renameLabels(pipeline: Pipeline, rename: Readonly<Record<string, string>>): Pipeline {
  if (Object.keys(rename).length === 0) return pipeline;
  for (const name of Object.keys(rename)) {
    if (!pipeline.tasks.has(name) && !pipeline.subsets.has(name)) throw unknownLabel(pipeline, name);
  }
  const to = (label: string) => (Object.hasOwn(rename, label) ? rename[label]! : label);
  const expression = (text: string) => text.replace(/(?<![\w.])\w+(?=\.)/g, to);
  return {
    ...pipeline,
    tasks: new Map([...pipeline.tasks].map(([label, task]) => [to(label), { ...task, label: to(label) }])),
    subsets: new Map(
      [...pipeline.subsets].map(([name, subset]) => [to(name), { ...subset, labels: subset.labels.map(to) }]),
    ),
    steps: pipeline.steps.map((step) => ({ ...step, label: to(step.label) })),
    contracts: pipeline.contracts.map((contract) => ({
      ...contract,
      expression: expression(contract.expression),
    })),
  };
}
