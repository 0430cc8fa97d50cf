import type { JobSpec, TaskSpec } from "../../workflow-spec.ts";

/** How a job must end, whatever dies meanwhile. */
export type Fate = "finished" | "failed" | "pruned";

/** Jobs that succeed at last however often they fail on the way, and jobs of one try that always fail. */
export const FATED_TASKS: readonly TaskSpec[] = [
  { label: "x", maxAttempts: 1000 },
  { label: "bad", maxAttempts: 1 },
];

/** Of every twenty jobs the last but one fails, and the last waits for it in vain. */
export function fateOf(index: number): Fate {
  return index % 20 === 18 ? "failed" : index % 20 === 19 ? "pruned" : "finished";
}

/** A graph in which every job beyond the first hundred waits for two before it. */
export function fatedGraph(count: number): JobSpec[] {
  const sound = (index: number): number => (fateOf(index) === "finished" ? index : index - 2);
  return Array.from({ length: count }, (_, index): JobSpec => {
    const name = `j${index}`;
    const parents = index < 100 ? [] : [sound(index - 100), sound(index - 37)];
    const fate = fateOf(index);
    if (fate === "failed") return { name, task: "bad", parents, payload: { fails: true } };
    return { name, task: "x", parents: fate === "pruned" ? [...parents, index - 1] : parents };
  });
}
